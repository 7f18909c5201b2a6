// A day of the AWS SDK for Go v2 with keys that it gets by itself: AWS_ROLE_ARN,
// AWS_WEB_IDENTITY_TOKEN_FILE. Its argument is the bucket that it makes and deletes.
package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

var ctx = context.Background()

// must returns a result, or ends the day.
func must[T any](result T, err error) T {
	if err != nil {
		panic(err)
	}
	return result
}

func textOf(body io.ReadCloser) string {
	defer body.Close()
	return string(must(io.ReadAll(body)))
}

func main() {
	bucket, key := aws.String(os.Args[1]), aws.String("fox")
	settings := must(config.LoadDefaultConfig(ctx))
	client := s3.NewFromConfig(settings, func(o *s3.Options) { o.UsePathStyle = true })
	must(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))
	text := strings.NewReader("The quick brown fox")
	must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: text}))
	got := must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	said := map[string]any{"text": textOf(got.Body)}
	listed := must(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket}))
	keys := []string{}
	for _, one := range listed.Contents {
		keys = append(keys, aws.ToString(one.Key))
	}
	said["keys"] = keys
	signed := must(s3.NewPresignClient(client).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	said["linked"] = textOf(must(http.Get(signed.URL)).Body)
	must(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	must(client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket}))
	who := must(sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	said["who"] = aws.ToString(who.Arn)
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}
