// The day of the AWS SDK for Go v2 and its transfer manager.
package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	. "s3warden.test/days/frame"
)

var (
	place  = ReadPlace()
	ctx    = context.Background()
	client = clientOf(place.AccessKey, place.SecretKey)
	reader = clientOf(place.ReaderAccessKey, place.ReaderSecretKey)
	bucket = aws.String(place.Bucket)
	http_  = &http.Client{Transport: place.Transport()}
)

func clientOf(accessKey, secretKey string) *s3.Client {
	// docs: go
	made := s3.New(s3.Options{
		BaseEndpoint: aws.String(place.Endpoint),
		Region:       place.Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		// end
		HTTPClient: &http.Client{Transport: place.Transport()},
		Retryer:    aws.NopRetryer{},
	})
	return made
}

func put(key, content string) error {
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String(key), Body: strings.NewReader(content),
	})
	return err
}

func read(from *s3.Client, input *s3.GetObjectInput) ([]byte, error) {
	input.Bucket = bucket
	got, err := from.GetObject(ctx, input)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}

func textOf(key string) (Facts, error) {
	content, err := read(client, &s3.GetObjectInput{Key: aws.String(key)})
	return Facts{"text": string(content)}, err
}

// after reads a key once the steps before it have succeeded.
func after(err error, key string) (Facts, error) {
	if err != nil {
		return nil, err
	}
	return textOf(key)
}

func done(err error) (Facts, error) { return nil, err }

var steps = []Step{
	{"makes a bucket", func() (Facts, error) {
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
		return done(err)
	}},
	{"puts an object", func() (Facts, error) {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: aws.String("fox"), Body: strings.NewReader(place.Fox),
			ContentType: aws.String("text/plain"), Metadata: map[string]string{"colour": "blue"},
		})
		return done(err)
	}},
	{"gets it", func() (Facts, error) {
		got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("fox")})
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(got.Body)
		return Facts{
			"text": string(content), "type": aws.ToString(got.ContentType), "colour": got.Metadata["colour"],
		}, err
	}},
	{"gets a range", func() (Facts, error) {
		content, err := read(client, &s3.GetObjectInput{Key: aws.String("fox"), Range: aws.String("bytes=4-8")})
		return Facts{"text": string(content)}, err
	}},
	{"puts a stream of unknown length", func() (Facts, error) {
		manager := transfermanager.New(client)
		_, err := manager.UploadObject(ctx, &transfermanager.UploadObjectInput{
			Bucket: bucket, Key: aws.String("stream"), Body: io.MultiReader(strings.NewReader(place.Fox)),
		})
		return after(err, "stream")
	}},
	{"uploads 20 MiB by the transfer manager", func() (Facts, error) {
		file, err := os.Open(place.Large)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		manager := transfermanager.New(client)
		_, err = manager.UploadObject(ctx, &transfermanager.UploadObjectInput{
			Bucket: bucket, Key: aws.String("large"), Body: file,
		})
		return done(err)
	}},
	{"downloads 20 MiB by the transfer manager", func() (Facts, error) {
		target, err := os.Create(place.Scratch + "/large")
		if err != nil {
			return nil, err
		}
		manager := transfermanager.New(client)
		_, err = manager.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
			Bucket: bucket, Key: aws.String("large"), WriterAt: target,
		})
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(target.Name())
		return Facts{"intact": place.IsLarge(content)}, err
	}},
	{"puts with every checksum", putChecksums},
	{"asks for attributes", func() (Facts, error) {
		got, err := client.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{
			Bucket: bucket, Key: aws.String("fox"),
			ObjectAttributes: []types.ObjectAttributes{
				types.ObjectAttributesObjectSize, types.ObjectAttributesStorageClass,
			},
		})
		if err != nil {
			return nil, err
		}
		return Facts{"size": aws.ToInt64(got.ObjectSize)}, nil
	}},
	{"lists in pages", func() (Facts, error) {
		for _, key := range []string{"page/0", "page/1", "page/2", "page/3", "page/4"} {
			if err := put(key, key); err != nil {
				return nil, err
			}
		}
		pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
			Bucket: bucket, Prefix: aws.String("page/"), MaxKeys: aws.Int32(2),
			OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
		})
		keys, count := 0, 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			keys, count = keys+len(page.Contents), count+1
		}
		return Facts{"keys": keys, "pages": count}, nil
	}},
	{"copies", func() (Facts, error) {
		_, err := client.CopyObject(ctx, &s3.CopyObjectInput{
			Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String(place.Bucket + "/fox"),
		})
		return after(err, "copy")
	}},
	{"writes a lock only once", func() (Facts, error) {
		for range 2 {
			// OpenTofu and Terraform make their lock files in this way.
			_, err := client.PutObject(ctx, &s3.PutObjectInput{
				Bucket: bucket, Key: aws.String("state.tflock"), Body: strings.NewReader("{}"),
				IfNoneMatch: aws.String("*"), ContentType: aws.String("application/json"),
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}},
	{"presigns", func() (Facts, error) {
		presigner := s3.NewPresignClient(client)
		signed, err := presigner.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("fox")})
		if err != nil {
			return nil, err
		}
		reply, err := http_.Get(signed.URL)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(reply.Body)
		return Facts{"status": reply.StatusCode, "text": string(content)}, err
	}},
	{"deletes several", func() (Facts, error) {
		got, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{
			Objects: []types.ObjectIdentifier{{Key: aws.String("page/0")}, {Key: aws.String("page/1")}},
		}})
		if err != nil {
			return nil, err
		}
		var keys []string
		for _, one := range got.Deleted {
			keys = append(keys, aws.ToString(one.Key))
		}
		sort.Strings(keys)
		return Facts{"deleted": keys}, nil
	}},
	{"gets a missing key", func() (Facts, error) { return textOf("missing") }},
	{"heads a missing key", func() (Facts, error) {
		_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("missing")})
		return done(err)
	}},
	{"reads with a reader's key", func() (Facts, error) {
		content, err := read(reader, &s3.GetObjectInput{Key: aws.String("fox")})
		return Facts{"text": string(content)}, err
	}},
	{"writes with a reader's key", func() (Facts, error) {
		_, err := reader.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: aws.String("refused"), Body: strings.NewReader(place.Fox),
		})
		return done(err)
	}},
	{"uploads 20 MiB with a reader's key", func() (Facts, error) {
		content, err := os.ReadFile(place.Large)
		if err != nil {
			return nil, err
		}
		_, err = transfermanager.New(reader).UploadObject(ctx, &transfermanager.UploadObjectInput{
			Bucket: bucket, Key: aws.String("refused"), Body: bytes.NewReader(content),
		})
		return done(err)
	}},
	{"uses a wrong secret", func() (Facts, error) {
		_, err := read(clientOf(place.AccessKey, "wrong"), &s3.GetObjectInput{Key: aws.String("fox")})
		return done(err)
	}},
	{"deletes everything", deleteAll},
}

func putChecksums() (Facts, error) {
	var algorithm types.ChecksumAlgorithm
	refused := []string{}
	for _, one := range algorithm.Values() {
		key := aws.String("sum/" + string(one))
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: key, Body: strings.NewReader(place.Fox), ChecksumAlgorithm: one,
		})
		if err != nil {
			refused = append(refused, string(one)+" "+codeOf(err))
		}
	}
	return Facts{"refused": refused}, nil
}

func deleteAll() (Facts, error) {
	listed, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		return nil, err
	}
	for _, one := range listed.Contents {
		if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: one.Key}); err != nil {
			return nil, err
		}
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	return done(err)
}

func codeOf(err error) string {
	var told smithy.APIError
	if errors.As(err, &told) {
		return told.ErrorCode()
	}
	return "other"
}

func main() { Spend(steps, codeOf) }
