// The reading half of the media library, with the AWS SDK for JavaScript v3:
//   node read.mjs BUCKET TABLE KEY SHA256
// Endpoint, region and credentials come from AWS_ENDPOINT_URL, AWS_REGION and the like.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const [bucket, table, key, sha256] = process.argv.slice(2);
const s3 = new S3Client({});
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** All items of a Query, however many pages they come in. */
async function query(parameters) {
  const items = [];
  for await (const page of paginateQuery({ client: documents }, parameters)) items.push(...page.Items);
  return items;
}

async function searchRecords() {
  const found = await query({
    TableName: table,
    IndexName: 'by-owner',
    KeyConditionExpression: '#owner = :owner AND taken BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': 'ada', ':from': '2013', ':to': '2014' },
  });
  console.log("  Ada's photographs of 2013:");
  for (const { title, camera, place } of found) console.log(`    ${title}, ${camera}, ${place ?? 'somewhere'}`);
  assert.deepEqual(found.map((record) => record.photo), [key]);
}

async function searchObjects() {
  const found = await query({
    TableName: `s3.${bucket}`,
    KeyConditionExpression: '#bucket = :bucket',
    FilterExpression: '#size < :limit AND begins_with(#camera, :maker)',
    ExpressionAttributeNames: { '#bucket': 'bucket', '#size': 'size', '#camera': 'x-amz-meta-camera' },
    ExpressionAttributeValues: { ':bucket': bucket, ':limit': 50_000, ':maker': 'Apple' },
  });
  console.log('  small objects of Apple cameras, by the bucket as a table:');
  for (const object of found) console.log(`    ${object.key}, ${object.size} bytes`);
  assert.equal(found.length, 3);
}

async function fetchRange() {
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: 'bytes=0-1' }));
  const startOfImage = await answer.Body.transformToByteArray();
  assert.deepEqual([...startOfImage], [0xff, 0xd8]);
  console.log(`  first two bytes of ${key}: ff d8, a JPEG file (${answer.ContentRange})`);
}

async function fetchByLink() {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key }));
  const answer = await fetch(url);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, 200, bytes.toString());
  assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
  console.log(`  by a presigned URL and fetch: ${bytes.length} bytes, the same as were uploaded`);
}

await searchRecords();
await searchObjects();
await fetchRange();
await fetchByLink();
