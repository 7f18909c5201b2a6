// The day of minio-go.
package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"

	. "s3warden.test/days/frame"
)

var (
	place  = ReadPlace()
	ctx    = context.Background()
	client = clientOf(place.AccessKey, place.SecretKey)
	reader = clientOf(place.ReaderAccessKey, place.ReaderSecretKey)
	bucket = place.Bucket
)

func clientOf(accessKey, secretKey string) *minio.Client {
	// docs: minio-go
	made, err := minio.New(place.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(accessKey, secretKey, ""),
		Secure:       true,
		Region:       place.Region,
		BucketLookup: minio.BucketLookupPath,
		// end
		Transport:       place.Transport(),
		MaxRetries:      1,
		TrailingHeaders: true,
	})
	if err != nil {
		panic(err)
	}
	return made
}

func put(from *minio.Client, key, content string, options minio.PutObjectOptions) error {
	_, err := from.PutObject(ctx, bucket, key, strings.NewReader(content), int64(len(content)), options)
	return err
}

func read(from *minio.Client, key string, options minio.GetObjectOptions) ([]byte, error) {
	object, err := from.GetObject(ctx, bucket, key, options)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(object)
}

func textOf(key string) (Facts, error) {
	content, err := read(client, key, minio.GetObjectOptions{})
	return Facts{"text": string(content)}, err
}

func after(err error, key string) (Facts, error) {
	if err != nil {
		return nil, err
	}
	return textOf(key)
}

func keysBelow(prefix string, options minio.ListObjectsOptions) ([]string, error) {
	options.Prefix = prefix
	keys := []string{}
	for info := range client.ListObjects(ctx, bucket, options) {
		if info.Err != nil {
			return nil, info.Err
		}
		keys = append(keys, info.Key)
	}
	return keys, nil
}

var steps = []Step{
	{"makes a bucket", func() (Facts, error) {
		return nil, client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{Region: place.Region})
	}},
	{"puts an object", func() (Facts, error) {
		return nil, put(client, "fox", place.Fox, minio.PutObjectOptions{
			ContentType: "text/plain", UserMetadata: map[string]string{"colour": "blue"},
		})
	}},
	{"gets it", func() (Facts, error) { return textOf("fox") }},
	{"stats it", func() (Facts, error) {
		info, err := client.StatObject(ctx, bucket, "fox", minio.StatObjectOptions{})
		return Facts{"size": info.Size, "type": info.ContentType, "colour": info.UserMetadata["Colour"]}, err
	}},
	{"gets a range", func() (Facts, error) {
		options := minio.GetObjectOptions{}
		if err := options.SetRange(4, 8); err != nil {
			return nil, err
		}
		content, err := read(client, "fox", options)
		return Facts{"text": string(content)}, err
	}},
	{"puts a stream of unknown length", func() (Facts, error) {
		_, err := client.PutObject(ctx, bucket, "stream", io.MultiReader(strings.NewReader(place.Fox)), -1,
			minio.PutObjectOptions{PartSize: 5 << 20})
		return after(err, "stream")
	}},
	{"uploads 20 MiB in parts", func() (Facts, error) {
		_, err := client.FPutObject(ctx, bucket, "large", place.Large, minio.PutObjectOptions{PartSize: 5 << 20})
		return nil, err
	}},
	{"uploads 20 MiB with full-object checksums", func() (Facts, error) {
		_, err := client.FPutObject(ctx, bucket, "summed", place.Large, minio.PutObjectOptions{
			PartSize: 5 << 20, Checksum: minio.ChecksumFullObjectCRC32C,
		})
		return nil, err
	}},
	{"downloads 20 MiB", func() (Facts, error) {
		target := place.Scratch + "/large"
		if err := client.FGetObject(ctx, bucket, "large", target, minio.GetObjectOptions{}); err != nil {
			return nil, err
		}
		content, err := os.ReadFile(target)
		return Facts{"intact": place.IsLarge(content)}, err
	}},
	{"lists", func() (Facts, error) {
		for _, key := range []string{"tree/leaf", "tree/branch/leaf"} {
			if err := put(client, key, key, minio.PutObjectOptions{}); err != nil {
				return nil, err
			}
		}
		here, err := keysBelow("tree/", minio.ListObjectsOptions{})
		if err != nil {
			return nil, err
		}
		all, err := keysBelow("tree/", minio.ListObjectsOptions{Recursive: true})
		return Facts{"here": here, "all": all}, err
	}},
	{"lists with metadata", func() (Facts, error) {
		keys, err := keysBelow("tree/", minio.ListObjectsOptions{Recursive: true, WithMetadata: true})
		return Facts{"keys": keys}, err
	}},
	{"copies", func() (Facts, error) {
		_, err := client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "copy"},
			minio.CopySrcOptions{Bucket: bucket, Object: "fox"})
		return after(err, "copy")
	}},
	{"composes an object of others", func() (Facts, error) {
		_, err := client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "composed"},
			minio.CopySrcOptions{Bucket: bucket, Object: "large"}, minio.CopySrcOptions{Bucket: bucket, Object: "fox"})
		if err != nil {
			return nil, err
		}
		info, err := client.StatObject(ctx, bucket, "composed", minio.StatObjectOptions{})
		return Facts{"size": info.Size}, err
	}},
	{"tags an object", func() (Facts, error) {
		made, err := tags.NewTags(map[string]string{"kind": "animal"}, true)
		if err != nil {
			return nil, err
		}
		if err := client.PutObjectTagging(ctx, bucket, "fox", made, minio.PutObjectTaggingOptions{}); err != nil {
			return nil, err
		}
		kept, err := client.GetObjectTagging(ctx, bucket, "fox", minio.GetObjectTaggingOptions{})
		if err != nil {
			return nil, err
		}
		return Facts{"kind": kept.ToMap()["kind"]}, nil
	}},
	{"presigns", presigned},
	{"removes several", func() (Facts, error) {
		objects := make(chan minio.ObjectInfo, 2)
		objects <- minio.ObjectInfo{Key: "tree/leaf"}
		objects <- minio.ObjectInfo{Key: "tree/branch/leaf"}
		close(objects)
		for failed := range client.RemoveObjects(ctx, bucket, objects, minio.RemoveObjectsOptions{}) {
			return nil, failed.Err
		}
		left, err := keysBelow("tree/", minio.ListObjectsOptions{Recursive: true})
		return Facts{"left": left}, err
	}},
	{"gets a missing key", func() (Facts, error) { return textOf("missing") }},
	{"reads with a reader's key", func() (Facts, error) {
		content, err := read(reader, "fox", minio.GetObjectOptions{})
		return Facts{"text": string(content)}, err
	}},
	{"writes with a reader's key", func() (Facts, error) {
		return nil, put(reader, "refused", place.Fox, minio.PutObjectOptions{})
	}},
	{"uses a wrong secret", func() (Facts, error) {
		_, err := read(clientOf(place.AccessKey, "wrongsecret"), "fox", minio.GetObjectOptions{})
		return nil, err
	}},
	{"deletes everything", func() (Facts, error) {
		keys, err := keysBelow("", minio.ListObjectsOptions{Recursive: true})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if err := client.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{}); err != nil {
				return nil, err
			}
		}
		return nil, client.RemoveBucket(ctx, bucket)
	}},
}

func presigned() (Facts, error) {
	web := &http.Client{Transport: place.Transport()}
	upload, err := client.PresignedPutObject(ctx, bucket, "signed", time.Minute)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPut, upload.String(), bytes.NewReader([]byte(place.Fox)))
	if err != nil {
		return nil, err
	}
	if _, err := web.Do(request); err != nil {
		return nil, err
	}
	link, err := client.PresignedGetObject(ctx, bucket, "signed", time.Minute, url.Values{})
	if err != nil {
		return nil, err
	}
	reply, err := web.Get(link.String())
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reply.Body)
	return Facts{"status": reply.StatusCode, "text": string(content)}, err
}

func main() {
	Spend(steps, func(err error) string { return minio.ToErrorResponse(err).Code })
}
