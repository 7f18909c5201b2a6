import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * A day of the AWS SDK for Java v2 with keys that it gets by itself: AWS_ROLE_ARN,
 * AWS_WEB_IDENTITY_TOKEN_FILE. Its argument is the bucket that it makes and deletes.
 */
public final class TokenDay {
  public static void main(String[] args) throws Exception {
    String bucket = args[0];
    S3Client s3 = S3Client.builder().forcePathStyle(true).build();
    s3.createBucket(b -> b.bucket(bucket));
    s3.putObject(b -> b.bucket(bucket).key("fox"), RequestBody.fromString("The quick brown fox"));
    String text = s3.getObjectAsBytes(b -> b.bucket(bucket).key("fox")).asUtf8String();
    List<String> keys =
        s3.listObjectsV2(b -> b.bucket(bucket)).contents().stream().map(S3Object::key).toList();
    String linked = read(link(bucket));
    s3.deleteObject(b -> b.bucket(bucket).key("fox"));
    s3.deleteBucket(b -> b.bucket(bucket));
    String who = StsClient.create().getCallerIdentity().arn();
    System.out.printf(
        "{\"text\":\"%s\",\"keys\":[\"%s\"],\"linked\":\"%s\",\"who\":\"%s\"}%n",
        text, String.join("\",\"", keys), linked, who);
  }

  private static URI link(String bucket) throws Exception {
    S3Configuration inPath = S3Configuration.builder().pathStyleAccessEnabled(true).build();
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL_S3"));
    try (S3Presigner presigner =
        S3Presigner.builder().endpointOverride(endpoint).serviceConfiguration(inPath).build()) {
      return presigner
          .presignGetObject(p -> p
              .signatureDuration(Duration.ofMinutes(5))
              .getObjectRequest(b -> b.bucket(bucket).key("fox")))
          .url()
          .toURI();
    }
  }

  private static String read(URI link) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(link).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }
}
