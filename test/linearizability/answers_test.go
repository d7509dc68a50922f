package main

import (
	"errors"
	"net"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var (
	dialError = net.OpError{Op: "dial", Err: errors.New("connection refused")}
	readError = net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
)

// answerOf is an error as the SDK makes it of an answer.
func answerOf(status int, code string) error {
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code}}}
}
