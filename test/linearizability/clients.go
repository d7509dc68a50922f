package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

const (
	// requestTimeout ends a request that nobody answers; what became of it is then unknown.
	requestTimeout = 20 * time.Second
	maxConnections = 256
)

type sdk struct {
	s3        *s3.Client
	dynamodb  *dynamodb.Client
	transport *http.Transport
}

// newSDK is the SDK without retries: an operation is one request. Wherever the server listens by now, that is where
// connections go.
func newSDK(s *server) *sdk {
	dialer := net.Dialer{Timeout: requestTimeout}
	transport := &http.Transport{
		MaxIdleConns: maxConnections, MaxIdleConnsPerHost: maxConnections,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			address, _ := s.up()
			return dialer.DialContext(ctx, network, address)
		}}
	config := aws.Config{
		Region: region, BaseEndpoint: aws.String("http://127.0.0.1"), HTTPClient: &http.Client{Transport: transport},
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }, Logger: logging.Nop{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, nil
		})}
	return &sdk{
		s3:        s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		dynamodb:  dynamodb.NewFromConfig(config),
		transport: transport}
}

// outcome is what a client knows of a request.
type outcome int

const (
	done    outcome = iota // It was answered, and happened once in between.
	refused                // It was answered with a client error: what that tells of the state, the operation says.
	never                  // It had no effect, and the answer tells nothing of the state.
	unknown                // It may have had its effect, or have it still.
)

type verdict struct {
	outcome outcome
	status  int
	code    string
}

// These errors tell that a request met another one and was given up, or came too soon; nothing has happened.
var conflicts = map[string]bool{
	"ConditionalRequestConflict": true, "TransactionConflictException": true, "TransactionInProgressException": true,
	"ThrottlingException": true, "ProvisionedThroughputExceededException": true, "RequestLimitExceeded": true,
	"RequestTimeout": true}

func judge(err error) verdict {
	if err == nil {
		return verdict{outcome: done}
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return verdict{outcome: never}
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return verdict{outcome: unknown}
	}
	v := verdict{outcome: refused, status: response.HTTPStatusCode()}
	var api smithy.APIError
	if errors.As(err, &api) {
		v.code = api.ErrorCode()
	}
	switch {
	case v.status >= 500 || v.status < 300: // A 2xx whose body broke off.
		v.outcome = unknown
	case conflicts[v.code]:
		v.outcome = never
	}
	return v
}
