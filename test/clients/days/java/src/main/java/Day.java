import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectAttributes;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The day of the AWS SDK for Java v2: its client, its CRT client and its transfer manager. */
public final class Day {
  private static final Map<String, String> PLACE = readPlace();
  private static final String BUCKET = PLACE.get("bucket");
  private static final String FOX = PLACE.get("fox");
  private static final S3Client S3 = client(PLACE.get("accessKey"), PLACE.get("secretKey"));
  private static final S3Client READER =
      client(PLACE.get("readerAccessKey"), PLACE.get("readerSecretKey"));
  private static final S3AsyncClient CRT = crtClient(PLACE.get("accessKey"), PLACE.get("secretKey"));

  private static S3Client client(String accessKey, String secretKey) {
    // docs: java
    S3Client s3 = S3Client.builder()
        .endpointOverride(URI.create(PLACE.get("endpoint")))
        .region(Region.of(PLACE.get("region")))
        .forcePathStyle(true)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey)))
        .build();
    // end
    return s3;
  }

  private static S3AsyncClient crtClient(String accessKey, String secretKey) {
    return S3AsyncClient.crtBuilder()
        .endpointOverride(URI.create(PLACE.get("endpoint")))
        .region(Region.of(PLACE.get("region")))
        .forcePathStyle(true)
        .minimumPartSizeInBytes(5L << 20)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey)))
        .retryConfiguration(retry -> retry.numRetries(0))
        // Its TLS is not Java's, and knows no truststore of ours.
        .httpConfiguration(http -> http.trustAllCertificatesEnabled(true))
        .build();
  }

  public static void main(String[] args) {
    step("makes a bucket", () -> {
      S3.createBucket(b -> b.bucket(BUCKET));
      return Map.of();
    });
    step("puts an object", () -> {
      S3.putObject(
          b -> b.bucket(BUCKET).key("fox").contentType("text/plain").metadata(Map.of("colour", "blue")),
          RequestBody.fromString(FOX));
      return Map.of();
    });
    step("gets it", () -> {
      try (ResponseInputStream<GetObjectResponse> got = S3.getObject(b -> b.bucket(BUCKET).key("fox"))) {
        String text = new String(got.readAllBytes(), StandardCharsets.UTF_8);
        return Map.of(
            "text", text,
            "type", got.response().contentType(),
            "colour", got.response().metadata().get("colour"));
      }
    });
    step("gets a range", () -> Map.of("text", S3
        .getObjectAsBytes(b -> b.bucket(BUCKET).key("fox").range("bytes=4-8")).asUtf8String()));
    step("puts a stream", () -> {
      byte[] bytes = FOX.getBytes(StandardCharsets.UTF_8);
      S3.putObject(
          b -> b.bucket(BUCKET).key("stream"),
          RequestBody.fromContentProvider(
              () -> new java.io.ByteArrayInputStream(bytes), bytes.length, "text/plain"));
      return Map.of("text", text("stream"));
    });
    for (String name : List.of("CRC32", "CRC32_C", "CRC64_NVME", "SHA1", "SHA256")) {
      step("puts with " + name, () -> {
        S3.putObject(
            b -> b.bucket(BUCKET).key("sum/" + name).checksumAlgorithm(ChecksumAlgorithm.valueOf(name)),
            RequestBody.fromString(FOX));
        return Map.of("text", text("sum/" + name));
      });
    }
    step("uploads 20 MiB by the CRT client", () -> {
      CRT.putObject(
          b -> b.bucket(BUCKET).key("crt"), AsyncRequestBody.fromFile(Path.of(PLACE.get("large")))).join();
      return Map.of();
    });
    step("downloads 20 MiB by the CRT client", () -> {
      byte[] bytes = CRT
          .getObject(b -> b.bucket(BUCKET).key("crt"), AsyncResponseTransformer.toBytes())
          .join().asByteArray();
      return Map.of("intact", isLarge(bytes));
    });
    step("uploads 20 MiB by the transfer manager", () -> {
      try (S3TransferManager manager = S3TransferManager.builder().s3Client(CRT).build()) {
        manager.uploadFile(u -> u.source(Path.of(PLACE.get("large")))
            .putObjectRequest(b -> b.bucket(BUCKET).key("managed"))).completionFuture().join();
        Path target = Path.of(PLACE.get("scratch"), "managed");
        manager.downloadFile(d -> d.destination(target)
            .getObjectRequest(b -> b.bucket(BUCKET).key("managed"))).completionFuture().join();
        return Map.of("intact", isLarge(Files.readAllBytes(target)));
      }
    });
    step("asks for attributes", () -> Map.of("size", S3.getObjectAttributes(b -> b.bucket(BUCKET).key("fox")
        .objectAttributes(ObjectAttributes.OBJECT_SIZE, ObjectAttributes.STORAGE_CLASS)).objectSize()));
    step("lists in pages", () -> {
      for (int n = 0; n < 5; n++) {
        String key = "page/" + n;
        S3.putObject(b -> b.bucket(BUCKET).key(key), RequestBody.fromString(key));
      }
      List<String> keys = S3.listObjectsV2Paginator(b -> b.bucket(BUCKET).prefix("page/").maxKeys(2))
          .contents().stream().map(S3Object::key).toList();
      return Map.of("keys", keys);
    });
    step("copies", () -> {
      S3.copyObject(b -> b.sourceBucket(BUCKET).sourceKey("fox")
          .destinationBucket(BUCKET).destinationKey("copy of fox"));
      return Map.of("text", text("copy of fox"));
    });
    step("writes a lock only once", () -> {
      for (int n = 0; n < 2; n++) {
        S3.putObject(b -> b.bucket(BUCKET).key("lock").ifNoneMatch("*"), RequestBody.fromString("{}"));
      }
      return Map.of();
    });
    step("presigns", () -> {
      try (S3Presigner presigner = S3Presigner.builder()
          .endpointOverride(URI.create(PLACE.get("endpoint")))
          .region(Region.of(PLACE.get("region")))
          .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
          .credentialsProvider(StaticCredentialsProvider.create(
              AwsBasicCredentials.create(PLACE.get("accessKey"), PLACE.get("secretKey"))))
          .build()) {
        URI link = presigner.presignGetObject(p -> p.signatureDuration(Duration.ofMinutes(1))
            .getObjectRequest(b -> b.bucket(BUCKET).key("fox"))).url().toURI();
        var reply = HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(link).build(), BodyHandlers.ofString());
        return Map.of("status", reply.statusCode(), "text", reply.body());
      }
    });
    step("deletes several", () -> {
      List<ObjectIdentifier> objects = new ArrayList<>();
      for (int n = 0; n < 2; n++) objects.add(ObjectIdentifier.builder().key("page/" + n).build());
      var deleted = S3.deleteObjects(b -> b.bucket(BUCKET).delete(d -> d.objects(objects))).deleted();
      return Map.of("deleted", deleted.stream().map(one -> one.key()).sorted().toList());
    });
    step("gets a missing key", () -> Map.of("text", text("missing")));
    step("heads a missing key", () -> {
      S3.headObject(b -> b.bucket(BUCKET).key("missing"));
      return Map.of();
    });
    step("reads with a reader's key", () -> Map.of("text",
        READER.getObjectAsBytes(b -> b.bucket(BUCKET).key("fox")).asUtf8String()));
    step("writes with a reader's key", () -> {
      READER.putObject(b -> b.bucket(BUCKET).key("refused"), RequestBody.fromString(FOX));
      return Map.of();
    });
    step("uploads by CRT with a reader's key", () -> {
      try (S3AsyncClient crt = crtClient(PLACE.get("readerAccessKey"), PLACE.get("readerSecretKey"))) {
        crt.putObject(b -> b.bucket(BUCKET).key("refused"),
            AsyncRequestBody.fromFile(Path.of(PLACE.get("large")))).join();
      }
      return Map.of();
    });
    step("uses a wrong secret", () -> {
      client(PLACE.get("accessKey"), "wrong").getObjectAsBytes(b -> b.bucket(BUCKET).key("fox"));
      return Map.of();
    });
    step("deletes everything", () -> {
      for (S3Object one : S3.listObjectsV2(b -> b.bucket(BUCKET)).contents()) {
        S3.deleteObject(b -> b.bucket(BUCKET).key(one.key()));
      }
      S3.deleteBucket(b -> b.bucket(BUCKET));
      return Map.of();
    });
    System.exit(0);
  }

  private static String text(String key) {
    return S3.getObjectAsBytes(b -> b.bucket(BUCKET).key(key)).asUtf8String();
  }

  private static boolean isLarge(byte[] bytes) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
    return HexFormat.of().formatHex(digest).equals(PLACE.get("largeSha256"));
  }

  private static void step(String name, Callable<Map<String, Object>> work) {
    Map<String, Object> outcome = new TreeMap<>(Map.of("ok", true));
    try {
      outcome.putAll(work.call());
    } catch (Exception error) {
      System.err.println(name + ": " + error);
      outcome = new TreeMap<>(Map.of("ok", false, "code", codeOf(error)));
    }
    System.out.println("{\"step\":" + json(name) + ",\"outcome\":" + json(outcome) + "}");
  }

  private static String codeOf(Throwable error) {
    if (error instanceof CompletionException && error.getCause() != null) return codeOf(error.getCause());
    if (error instanceof AwsServiceException told && told.awsErrorDetails() != null) {
      String code = told.awsErrorDetails().errorCode();
      return code == null || code.isEmpty() ? String.valueOf(told.statusCode()) : code;
    }
    return error.getClass().getSimpleName();
  }

  private static String json(Object value) {
    if (value instanceof String text) {
      return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }
    if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(Day::json).toList()) + "]";
    if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach((name, member) -> members.add(json(name) + ":" + json(member)));
      return "{" + String.join(",", members) + "}";
    }
    return String.valueOf(value);
  }

  private static Map<String, String> readPlace() {
    try {
      String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
      Map<String, String> place = new TreeMap<>();
      JsonNode.parser().parse(text).asObject().forEach((name, node) -> place.put(name, node.asString()));
      return place;
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }
}
