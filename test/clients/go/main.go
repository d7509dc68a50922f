// The AWS SDK for Go v2, with its defaults, against a server that the environment names.
//
//	go-client --list      the names of the checks, a line each
//	go-client NAME        runs one; exit code 1 and the reason on standard error if it fails
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

const timeout = 60 * time.Second

type check struct {
	name string
	run  func(ctx context.Context, cfg aws.Config) error
}

var checks = []check{
	{"objects", objects},
	{"a_stream_of_unknown_length", streams},
	{"virtual_hosts", virtualHosts},
	{"uploads_in_parts", uploadsInParts},
	{"presigned_urls", presignedURLs},
	{"listings", listings},
	{"items", items},
	{"batches_and_transactions", batchesAndTransactions},
	{"objects_beside_items", objectsBesideItems},
	{"errors_have_types", errorsHaveTypes},
}

func run(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for _, c := range checks {
		if c.name != name {
			continue
		}
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		return c.run(ctx, cfg)
	}
	return fmt.Errorf("there is no check %q", name)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-client --list | NAME")
		os.Exit(2)
	}
	if os.Args[1] == "--list" {
		for _, c := range checks {
			fmt.Println(c.name)
		}
		return
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
