package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	tmtypes "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func newBucket(ctx context.Context, client *s3.Client) (string, error) {
	name := unique()
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	return name, err
}

func randomBytes(size int) []byte {
	content := make([]byte, size)
	rand.Read(content)
	return content
}

// getAll reads an object; the SDK checks its checksum at the end.
func getAll(ctx context.Context, client *s3.Client, bucket, key string) ([]byte, *s3.GetObjectOutput, error) {
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, nil, err
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	return content, got, err
}

func put(ctx context.Context, client *s3.Client, bucket, key, text string) error {
	_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text)})
	return err
}

func objects(ctx context.Context, cfg aws.Config) error {
	client := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	key := "folder/a b+ü.bin"
	content := randomBytes(200_000)
	written, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key,
		Body: bytes.NewReader(content), ContentType: aws.String("image/png"),
		Metadata: map[string]string{"author": "ada"}, Tagging: aws.String("project=letters")})
	if err != nil {
		return err
	}
	if written.ChecksumCRC32 == nil {
		return fmt.Errorf("PutObject told no CRC32, which the SDK sends by default")
	}
	read, got, err := getAll(ctx, client, bucket, key)
	if err != nil {
		return err
	}
	copied := "copy"
	_, err = client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &bucket, Key: &copied,
		CopySource: aws.String(bucket + "/" + strings.ReplaceAll(url.PathEscape(key), "+", "%2B"))})
	if err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &copied})
	if err != nil {
		return err
	}
	tags, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &bucket, Key: &copied})
	if err != nil {
		return err
	}
	gone, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: &key}, {Key: &copied}}}})
	if err != nil {
		return err
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
	return first(err,
		equal("the content", bytes.Equal(read, content), true),
		equal("the type", aws.ToString(got.ContentType), "image/png"),
		equal("the metadata", got.Metadata, map[string]string{"author": "ada"}),
		equal("the copy's size", aws.ToInt64(head.ContentLength), int64(len(content))),
		equal("the copy's tags", len(tags.TagSet), 1),
		equal("deleted keys", len(gone.Deleted), 2))
}

// onlyReader hides that what it reads could seek.
type onlyReader struct{ io.Reader }

func streams(ctx context.Context, cfg aws.Config) error {
	// Without a length the SDK sends a chunked body with its checksum in a trailer, over TLS only.
	client := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	content := randomBytes(300_000)
	input := &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k"), Body: onlyReader{bytes.NewReader(content)},
		ContentLength: aws.Int64(int64(len(content)))}
	if !strings.HasPrefix(aws.ToString(cfg.BaseEndpoint), "https") {
		input.Body = bytes.NewReader(content)
	}
	if _, err := client.PutObject(ctx, input); err != nil {
		return err
	}
	read, _, err := getAll(ctx, client, bucket, "k")
	return first(err, equal("the content", bytes.Equal(read, content), true))
}

// buildable is the SDK's own HTTP client, with what the environment says of certificates.
func buildable(cfg aws.Config) *awshttp.BuildableClient {
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		return client
	}
	return awshttp.NewBuildableClient()
}

func virtualHosts(ctx context.Context, cfg aws.Config) error {
	endpoint, err := url.Parse(aws.ToString(cfg.BaseEndpoint))
	if err != nil {
		return err
	}
	address := endpoint.Host
	endpoint.Host = "localhost:" + endpoint.Port()
	var hosts []string
	cfg.HTTPClient = buildable(cfg).WithTransportOptions(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, network, host string) (net.Conn, error) {
			hosts = append(hosts, host)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.BaseEndpoint = aws.String(endpoint.String()) })
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	if err := put(ctx, client, bucket, "k", "hello"); err != nil {
		return err
	}
	read, _, err := getAll(ctx, client, bucket, "k")
	return first(err, equal("the content", string(read), "hello"),
		equal("the first host", hosts[0], bucket+"."+endpoint.Host))
}

func uploadsInParts(ctx context.Context, cfg aws.Config) error {
	client := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	content := randomBytes(20 << 20)
	manager := transfermanager.New(client)
	_, err = manager.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: &bucket, Key: aws.String("big"),
		Body: bytes.NewReader(content), ChecksumAlgorithm: tmtypes.ChecksumAlgorithmCrc32})
	if err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: aws.String("big")})
	if err != nil {
		return err
	}
	read, _, err := getAll(ctx, client, bucket, "big")
	return first(err, equal("the content", bytes.Equal(read, content), true),
		equal("several parts", strings.Contains(aws.ToString(head.ETag), "-"), true))
}

func presignedURLs(ctx context.Context, cfg aws.Config) error {
	client := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	presigner := s3.NewPresignClient(client)
	signed, err := presigner.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("k")})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, strings.NewReader("hello"))
	if err != nil {
		return err
	}
	answer, err := buildable(cfg).Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	signed, err = presigner.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k"),
		ResponseContentType: aws.String("text/csv")})
	if err != nil {
		return err
	}
	request, err = http.NewRequestWithContext(ctx, signed.Method, signed.URL, nil)
	if err != nil {
		return err
	}
	read, err := buildable(cfg).Do(request)
	if err != nil {
		return err
	}
	defer read.Body.Close()
	content, err := io.ReadAll(read.Body)
	return first(err, equal("the status of PUT", answer.StatusCode, 200),
		equal("the status of GET", read.StatusCode, 200), equal("the content", string(content), "hello"),
		equal("the type asked for", read.Header.Get("Content-Type"), "text/csv"))
}

func listings(ctx context.Context, cfg aws.Config) error {
	client := s3.NewFromConfig(cfg)
	bucket, err := newBucket(ctx, client)
	if err != nil {
		return err
	}
	for i := range 25 {
		if err := put(ctx, client, bucket, fmt.Sprintf("%c/%02d", 'a'+i%3, i), "x"); err != nil {
			return err
		}
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(10)})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		count += len(page.Contents)
	}
	folders, err := client.ListObjects(ctx, &s3.ListObjectsInput{Bucket: &bucket, Delimiter: aws.String("/")})
	if err != nil {
		return err
	}
	return first(equal("keys of all pages", count, 25), equal("prefixes", len(folders.CommonPrefixes), 3))
}
