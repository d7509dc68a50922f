package main

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type attributes = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
func number(value int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(value)}
}

func textOf(value types.AttributeValue) string {
	if one, ok := value.(*types.AttributeValueMemberS); ok {
		return one.Value
	}
	return ""
}

func numberOf(value types.AttributeValue) (int, bool) {
	one, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	made, err := strconv.Atoi(one.Value)
	return made, err == nil
}
