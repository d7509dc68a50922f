// S3, by the AWS SDK for JavaScript v3 with its defaults.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';

import {
  CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, GetBucketPolicyCommand, GetObjectCommand,
  HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, NoSuchKey, PutObjectCommand, S3Client,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { newName, refusal } from './names.mjs';

const s3 = new S3Client({});
let Bucket;

before(async () => {
  Bucket = newName('objects');
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key, Body, more = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key, more = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const bytesOf = async (answer) => Buffer.from(await answer.Body.transformToByteArray());

for (const size of [0, 1, 65_536, 1_500_000]) {
  test(`what was put comes back, ${size} bytes`, async () => {
    const body = randomBytes(size);
    const { ETag, ChecksumCRC32 } = await put('round-trip', body);
    assert.match(ETag, /^"[0-9a-f]{32}"$/);
    assert.ok(ChecksumCRC32);
    assert.deepEqual(await bytesOf(await get('round-trip')), body);
  });
}

test('a stream of known length is put', async () => {
  const body = randomBytes(300_000);
  const chunks = [body.subarray(0, 100_000), body.subarray(100_000)];
  await put('stream', Readable.from(chunks), { ContentLength: body.length });
  assert.deepEqual(await bytesOf(await get('stream')), body);
});

test('metadata and headers come back', async () => {
  await put('metadata', 'text', { ContentType: 'text/plain', Metadata: { author: 'Ada' }, CacheControl: 'no-cache' });
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'metadata' }));
  assert.equal(head.ContentType, 'text/plain');
  assert.equal(head.CacheControl, 'no-cache');
  assert.equal(head.ContentLength, 4);
  assert.deepEqual(head.Metadata, { author: 'Ada' });
  assert.ok(head.LastModified instanceof Date);
});

test('a range', async () => {
  await put('range', '0123456789');
  const answer = await get('range', { Range: 'bytes=2-4' });
  assert.equal((await bytesOf(answer)).toString(), '234');
  assert.equal(answer.ContentRange, 'bytes 2-4/10');
  assert.equal(answer.$metadata.httpStatusCode, 206);
});

test('keys of every kind', async () => {
  for (const key of ['a b', 'a+b', 'ä/ö', '日本', "(1)*'!~", 'a//b', '?q=1&r']) {
    await put(key, key);
    assert.equal((await bytesOf(await get(key))).toString(), key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
  }
});

test('errors have their classes', async () => {
  const error = await refusal(get('absent'));
  assert.ok(error instanceof NoSuchKey);
  assert.equal(error.name, 'NoSuchKey');
  assert.equal(error.$metadata.httpStatusCode, 404);
  assert.ok(error.$metadata.requestId);
  const head = await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'absent' })));
  assert.equal(head.name, 'NotFound');
});

test('conditional puts', async () => {
  const { ETag } = await put('conditional', 'first', { IfNoneMatch: '*' });
  const again = await refusal(put('conditional', 'second', { IfNoneMatch: '*' }));
  assert.equal(again.name, 'PreconditionFailed');
  await put('conditional', 'second', { IfMatch: ETag });
  const stale = await refusal(put('conditional', 'third', { IfMatch: ETag }));
  assert.equal(stale.$metadata.httpStatusCode, 412);
  assert.equal((await bytesOf(await get('conditional'))).toString(), 'second');
});

test('a listing in pages', async () => {
  const bucket = newName('listing');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const keys = Array.from({ length: 11 }, (_, i) => `k${String(i).padStart(2, '0')}`);
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
  const seen = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 4 }, { Bucket: bucket })) {
    seen.push(...page.Contents.map((object) => object.Key));
  }
  assert.deepEqual(seen, keys);
  const error = await refusal(s3.send(new DeleteBucketCommand({ Bucket: bucket })));
  assert.equal(error.name, 'BucketNotEmpty');
});

test('buckets', async () => {
  const bucket = newName('bucket');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  const listed = await s3.send(new ListBucketsCommand({}));
  assert.ok(listed.Buckets.some(({ Name }) => Name === bucket));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
  const error = await refusal(s3.send(new HeadBucketCommand({ Bucket: bucket })));
  assert.equal(error.$metadata.httpStatusCode, 404);
});

test('presigned get, with the default and with a range', async () => {
  await put('presigned', '0123456789');
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'presigned' }), { expiresIn: 60 });
  assert.equal(await (await fetch(url)).text(), '0123456789');
  const part = await fetch(url, { headers: { Range: 'bytes=0-2' } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), '012');
  const forged = await fetch(url.replace('presigned', 'range'));
  assert.equal(forged.status, 403);
  assert.match(await forged.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
});

test('presigned put', async () => {
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'by-link' }), { expiresIn: 60 });
  const answer = await fetch(url, { method: 'PUT', body: 'by a link' });
  assert.equal(answer.status, 200, await answer.text());
  assert.equal((await bytesOf(await get('by-link'))).toString(), 'by a link');
});

test('what is not served says so', async () => {
  const error = await refusal(s3.send(new GetBucketPolicyCommand({ Bucket })));
  assert.equal(error.name, 'NotImplemented');
  assert.equal(error.$metadata.httpStatusCode, 501);
});
