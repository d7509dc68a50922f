// DynamoDB and STS, by the AWS SDK for JavaScript v3 with its defaults.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import {
  BatchGetItemCommand, BatchWriteItemCommand, ConditionalCheckFailedException, CreateTableCommand, DeleteTableCommand,
  DescribeTableCommand, DynamoDBClient, DynamoDBServiceException, GetItemCommand, ListTagsOfResourceCommand,
  ListTablesCommand, PutItemCommand, ResourceInUseException, ResourceNotFoundException, ScanCommand,
  TagResourceCommand, TransactGetItemsCommand, TransactWriteItemsCommand, TransactionCanceledException,
  UpdateTableCommand, waitUntilTableExists, waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand,
  TransactGetCommand, TransactWriteCommand, UpdateCommand, paginateQuery, paginateScan,
} from '@aws-sdk/lib-dynamodb';

import { newName, refusal } from './names.mjs';

const client = new DynamoDBClient({});
const documents = DynamoDBDocumentClient.from(client);
let TableName;

before(async () => {
  TableName = newName('items');
  await client.send(new CreateTableCommand({
    TableName,
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'kind', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [{
      IndexName: 'by-kind',
      KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      Projection: { ProjectionType: 'ALL' },
    }],
    BillingMode: 'PAY_PER_REQUEST',
  }));
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });
});

test('every type comes back', async () => {
  const Item = {
    pk: { S: 'types' }, sk: { N: '1' }, text: { S: 'ä 日本' }, bytes: { B: Uint8Array.of(0, 255) },
    yes: { BOOL: true }, nothing: { NULL: true }, list: { L: [{ N: '1.5' }, { M: { a: { S: '' } } }] },
    texts: { SS: ['a', 'b'] }, numbers: { NS: ['1', '2'] },
  };
  await client.send(new PutItemCommand({ TableName, Item }));
  const answer = await client.send(new GetItemCommand({ TableName, Key: { pk: Item.pk, sk: Item.sk } }));
  answer.Item.texts.SS.sort();
  answer.Item.numbers.NS.sort();
  assert.deepEqual(answer.Item, Item);
});

test('documents are plain objects', async () => {
  const Item = { pk: 'document', sk: 1, nested: { list: [1, 'two', null, true], empty: {} } };
  await documents.send(new PutCommand({ TableName, Item }));
  const answer = await documents.send(new GetCommand({ TableName, Key: { pk: 'document', sk: 1 } }));
  assert.deepEqual(answer.Item, Item);
});

test('update and delete give images', async () => {
  const Key = { pk: 'images', sk: 1 };
  const updated = await documents.send(new UpdateCommand({
    TableName, Key, UpdateExpression: 'ADD #n :n', ExpressionAttributeNames: { '#n': 'n' },
    ExpressionAttributeValues: { ':n': 3 }, ReturnValues: 'ALL_NEW',
  }));
  assert.deepEqual(updated.Attributes, { ...Key, n: 3 });
  const deleted = await documents.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }));
  assert.deepEqual(deleted.Attributes, { ...Key, n: 3 });
});

test('batches of documents', async () => {
  const puts = Array.from({ length: 25 }, (_, sk) => ({ PutRequest: { Item: { pk: 'batch', sk, list: [sk] } } }));
  const written = await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
  assert.deepEqual(written.UnprocessedItems, {});
  const keys = Array.from({ length: 30 }, (_, sk) => ({ pk: 'batch', sk }));
  const read = await documents.send(new BatchGetCommand({
    RequestItems: { [TableName]: { Keys: keys, ProjectionExpression: 'sk, #l', ExpressionAttributeNames: { '#l': 'list' } } },
  }));
  assert.deepEqual(read.UnprocessedKeys, {});
  const items = read.Responses[TableName].sort((a, b) => a.sk - b.sk);
  assert.deepEqual(items, Array.from({ length: 25 }, (_, sk) => ({ sk, list: [sk] })));
  const removes = keys.slice(0, 25).map((Key) => ({ DeleteRequest: { Key } }));
  await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: removes } }));
  const gone = await documents.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: keys } } }));
  assert.deepEqual(gone.Responses[TableName], []);
});

test('documents of one moment', async () => {
  const Key = { pk: 'moment', sk: 1 };
  await documents.send(new PutCommand({ TableName, Item: { ...Key, nested: { deep: ['a'] } } }));
  const answer = await documents.send(new TransactGetCommand({
    TransactItems: [{ Get: { TableName, Key } }, { Get: { TableName, Key: { pk: 'moment', sk: 2 } } }],
  }));
  assert.deepEqual(answer.Responses.map((one) => one.Item), [{ ...Key, nested: { deep: ['a'] } }, undefined]);
  const error = await refusal(documents.send(new TransactGetCommand({
    TransactItems: [{ Get: { TableName, Key } }, { Get: { TableName, Key: { pk: 'moment' } } }],
  })));
  assert.ok(error instanceof TransactionCanceledException);
  assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ValidationError']);
});

test('query and scan in pages', async () => {
  for (let sk = 0; sk < 12; ++sk) {
    await documents.send(new PutCommand({ TableName, Item: { pk: 'pages', sk, kind: sk % 2 ? 'odd' : 'even' } }));
  }
  const collect = async (pages) => {
    const seen = [];
    for await (const page of pages) seen.push(...page.Items.map((item) => item.sk));
    return seen;
  };
  assert.deepEqual(await collect(paginateQuery({ client: documents, pageSize: 5 }, {
    TableName, KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b', ScanIndexForward: false,
    ExpressionAttributeValues: { ':p': 'pages', ':a': 2, ':b': 9 },
  })), [9, 8, 7, 6, 5, 4, 3, 2]);
  assert.deepEqual(await collect(paginateQuery({ client: documents, pageSize: 2 }, {
    TableName, IndexName: 'by-kind', KeyConditionExpression: 'kind = :k', ExpressionAttributeValues: { ':k': 'odd' },
  })), [1, 3, 5, 7, 9, 11]);
  const scanned = await collect(paginateScan({ client: documents, pageSize: 3 }, {
    TableName, FilterExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'pages' },
  }));
  assert.deepEqual(scanned.sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('errors have their classes', async () => {
  const absent = await refusal(client.send(new DescribeTableCommand({ TableName: 'no-such-table' })));
  assert.ok(absent instanceof ResourceNotFoundException);
  const Item = { pk: 'condition', sk: 1, n: 1 };
  await documents.send(new PutCommand({ TableName, Item }));
  const failed = await refusal(documents.send(new PutCommand({
    TableName, Item, ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })));
  assert.ok(failed instanceof ConditionalCheckFailedException);
  assert.equal(failed.$metadata.httpStatusCode, 400);
  assert.deepEqual(failed.Item.n, { N: '1' });
});

test('a cancelled transaction says why, and changes nothing', async () => {
  await documents.send(new PutCommand({ TableName, Item: { pk: 'tx', sk: 1 } }));
  const put = (sk, more = {}) => ({ Put: { TableName, Item: { pk: 'tx', sk }, ...more } });
  const error = await refusal(documents.send(new TransactWriteCommand({
    TransactItems: [put(2), put(1, { ConditionExpression: 'attribute_not_exists(pk)' })],
  })));
  assert.ok(error instanceof TransactionCanceledException);
  assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ['None', 'ConditionalCheckFailed']);
  const get = (sk) => documents.send(new GetCommand({ TableName, Key: { pk: 'tx', sk } }));
  assert.equal((await get(2)).Item, undefined);
  await documents.send(new TransactWriteCommand({ TransactItems: [put(2), put(3)] }));
  assert.ok((await get(2)).Item && (await get(3)).Item);
});

test('tables are listed and deleted', async () => {
  const name = newName('short');
  await client.send(new CreateTableCommand({
    TableName: name, KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'B' }], BillingMode: 'PAY_PER_REQUEST',
  }));
  const { TableNames } = await client.send(new ListTablesCommand({}));
  assert.ok(TableNames.includes(name));
  await client.send(new DeleteTableCommand({ TableName: name }));
});

test('who am I', async () => {
  const identity = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Account, '000000000000');
  assert.equal(identity.Arn, 'arn:aws:iam::000000000000:root');
});

test('batches of items as they are sent', async () => {
  const Item = (sk) => ({ pk: { S: 'raw-batch' }, sk: { N: `${sk}` } });
  const written = await client.send(new BatchWriteItemCommand({
    RequestItems: { [TableName]: [1, 2, 3].map((sk) => ({ PutRequest: { Item: Item(sk) } })) },
    ReturnConsumedCapacity: 'TOTAL',
  }));
  assert.deepEqual(written.UnprocessedItems, {});
  assert.equal(written.ConsumedCapacity[0].CapacityUnits, 3);
  const read = await client.send(new BatchGetItemCommand({
    RequestItems: { [TableName]: { Keys: [Item(1), Item(3), Item(9)], ConsistentRead: true } },
  }));
  assert.equal(read.Responses[TableName].length, 2);
  const twice = await refusal(client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Item(1), Item(1)] } } })));
  assert.ok(twice instanceof DynamoDBServiceException);
  assert.equal(twice.name, 'ValidationException');
  const segments = await Promise.all([0, 1, 2].map((Segment) => client.send(new ScanCommand({
    TableName, Segment, TotalSegments: 3, FilterExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'raw-batch' } },
  }))));
  assert.equal(segments.reduce((sum, { Count }) => sum + Count, 0), 3);
});

test('transactions with a token, and what they return', async () => {
  const Key = { pk: { S: 'token' }, sk: { N: '1' } };
  const write = () => client.send(new TransactWriteItemsCommand({
    ClientRequestToken: `token-${process.pid}`,
    TransactItems: [{ Update: { TableName, Key, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } } }],
  }));
  await write();
  await write();
  const read = await client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] }));
  assert.deepEqual(read.Responses[0].Item.n, { N: '1' });
  const failed = await refusal(client.send(new TransactWriteItemsCommand({
    TransactItems: [{ ConditionCheck: {
      TableName, Key, ConditionExpression: 'n = :two', ExpressionAttributeValues: { ':two': { N: '2' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } }],
  })));
  assert.ok(failed instanceof TransactionCanceledException);
  assert.deepEqual(failed.CancellationReasons[0].Item.n, { N: '1' });
});

test('a table gets an index and loses it, and goes', async () => {
  const name = newName('changing');
  const keys = { KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }] };
  await client.send(new CreateTableCommand({ TableName: name, ...keys, BillingMode: 'PAY_PER_REQUEST' }));
  const again = await refusal(client.send(new CreateTableCommand({ TableName: name, ...keys, BillingMode: 'PAY_PER_REQUEST' })));
  assert.ok(again instanceof ResourceInUseException);
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: name });
  await documents.send(new PutCommand({ TableName: name, Item: { pk: 'a', kind: 'x' } }));
  await client.send(new UpdateTableCommand({
    TableName: name,
    AttributeDefinitions: [...keys.AttributeDefinitions, { AttributeName: 'kind', AttributeType: 'S' }],
    GlobalSecondaryIndexUpdates: [{ Create: {
      IndexName: 'by-kind', KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' },
    } }],
  }));
  const until = async (reached) => {
    for (let left = 600; left > 0; --left) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
      if (reached(Table)) return Table;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error('the table did not change');
  };
  await until(({ TableStatus, GlobalSecondaryIndexes }) => TableStatus === 'ACTIVE' && GlobalSecondaryIndexes?.[0].IndexStatus === 'ACTIVE');
  const found = [];
  for await (const page of paginateQuery({ client: documents }, {
    TableName: name, IndexName: 'by-kind', KeyConditionExpression: 'kind = :k', ExpressionAttributeValues: { ':k': 'x' },
  })) found.push(...page.Items);
  assert.deepEqual(found, [{ pk: 'a', kind: 'x' }]);
  await client.send(new UpdateTableCommand({ TableName: name, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-kind' } }] }));
  const { TableArn } = await until(({ TableStatus, GlobalSecondaryIndexes }) => TableStatus === 'ACTIVE' && !GlobalSecondaryIndexes?.length);
  await client.send(new TagResourceCommand({ ResourceArn: TableArn, Tags: [{ Key: 'team', Value: 'a' }] }));
  const { Tags } = await client.send(new ListTagsOfResourceCommand({ ResourceArn: TableArn }));
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }]);
  await client.send(new DeleteTableCommand({ TableName: name }));
  await waitUntilTableNotExists({ client, maxWaitTime: 60 }, { TableName: name });
});

test('what is not valid says why', async () => {
  const refusalOf = async (input) => refusal(client.send(new PutItemCommand({ TableName, ...input })));
  const Item = { pk: { S: 'a' }, sk: { N: '1' } };
  const cases = [
    [{ Item: { pk: { S: 'a' } } }, 'Missing the key sk'],
    [{ Item: { ...Item, sk: { S: 'text' } } }, 'Type mismatch for key sk'],
    [{ Item, ConditionExpression: 'nonsense(' }, 'Syntax error'],
    [{ Item, ConditionExpression: 'a = :absent' }, ':absent'],
    [{ Item: { ...Item, n: { N: 'x' } } }, 'cannot be converted to a numeric value'],
  ];
  for (const [input, text] of cases) {
    const error = await refusalOf(input);
    assert.equal(error.name, 'ValidationException');
    assert.ok(error.message.includes(text), error.message);
    assert.equal(error.$metadata.httpStatusCode, 400);
  }
});
