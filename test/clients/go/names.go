package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"reflect"
)

// unique is a name that no other check uses, fit for buckets and tables.
func unique() string {
	random := make([]byte, 6)
	rand.Read(random)
	return "go-" + hex.EncodeToString(random)
}

func equal(what string, got, want any) error {
	if reflect.DeepEqual(got, want) {
		return nil
	}
	return fmt.Errorf("%s is %v, not %v", what, got, want)
}

// first is the first of the errors that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
