// S3, by the AWS SDK for JavaScript v3 with its defaults.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';

import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectTaggingCommand,
  DeleteObjectsCommand, GetBucketPolicyCommand, GetBucketTaggingCommand, GetObjectAttributesCommand, GetObjectCommand,
  GetObjectTaggingCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListObjectsCommand,
  ListObjectsV2Command, NoSuchBucket, NoSuchKey, PutBucketCorsCommand, PutBucketTaggingCommand, PutObjectCommand,
  PutObjectTaggingCommand, S3Client, paginateListObjectsV2, waitUntilBucketExists, waitUntilObjectNotExists,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
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

for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']) {
  test(`an object with ${ChecksumAlgorithm}`, async () => {
    const body = randomBytes(200_000);
    const made = await put('summed', body, { ChecksumAlgorithm });
    assert.ok(made[`Checksum${ChecksumAlgorithm}`]);
    assert.deepEqual(await bytesOf(await get('summed', { ChecksumMode: 'ENABLED' })), body);
    const { Checksum, ObjectSize } = await s3.send(new GetObjectAttributesCommand({
      Bucket, Key: 'summed', ObjectAttributes: ['Checksum', 'ObjectSize'],
    }));
    assert.equal(Checksum[`Checksum${ChecksumAlgorithm}`], made[`Checksum${ChecksumAlgorithm}`]);
    assert.equal(ObjectSize, body.length);
  });
}

test('copies', async () => {
  await put('from/ä b', 'text', { Metadata: { a: 'b' }, ContentType: 'text/plain' });
  const copy = (Key, more = {}) => s3.send(new CopyObjectCommand({
    Bucket, Key, CopySource: `${Bucket}/${encodeURIComponent('from/ä b')}`, ...more,
  }));
  const { CopyObjectResult } = await copy('copy');
  assert.ok(CopyObjectResult.LastModified instanceof Date && CopyObjectResult.ETag);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }));
  assert.deepEqual([head.Metadata, head.ContentType], [{ a: 'b' }, 'text/plain']);
  await copy('copy', { MetadataDirective: 'REPLACE', Metadata: { c: 'd' } });
  const replaced = await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }));
  assert.deepEqual(replaced.Metadata, { c: 'd' });
  assert.equal((await refusal(copy('copy', { CopySource: `${Bucket}/absent` }))).name, 'NoSuchKey');
  assert.equal((await refusal(copy('copy', { CopySourceIfMatch: '"other"' }))).name, 'PreconditionFailed');
});

test('objects are deleted together', async () => {
  const keys = ['together/1', 'together/ä<&>', 'together/ b'];
  for (const key of keys) await put(key, key);
  const Objects = [...keys, 'together/absent'].map((Key) => ({ Key }));
  const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(Deleted.map(({ Key }) => Key), Objects.map(({ Key }) => Key));
  assert.equal(Errors, undefined);
  const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'together/' }));
  assert.equal(KeyCount, 0);
  const quiet = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  assert.equal(quiet.Deleted, undefined);
});

test('tags of objects and of buckets', async () => {
  const TagSet = [{ Key: 'state', Value: 'answered' }, { Key: 'a b', Value: 'ä+=' }];
  await put('tagged', 'text', { Tagging: 'first=1' });
  const tags = async () => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))).TagSet;
  assert.deepEqual(await tags(), [{ Key: 'first', Value: '1' }]);
  await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet } }));
  assert.deepEqual((await tags()).sort((a, b) => (a.Key < b.Key ? -1 : 1)), TagSet.toReversed());
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket, Key: 'tagged' }))).TagCount, 2);
  await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tagged' }));
  assert.deepEqual(await tags(), []);
  const none = await refusal(s3.send(new GetBucketTaggingCommand({ Bucket })));
  assert.equal(none.name, 'NoSuchTagSet');
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  assert.equal((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet.length, 2);
});

test('listings of both versions, with prefixes', async () => {
  const bucket = newName('both');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await waitUntilBucketExists({ client: s3, maxWaitTime: 20 }, { Bucket: bucket });
  for (const Key of ['a/1', 'a/2', 'b', 'c d/ä', 'e+f']) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
  const pages = async (Command, next) => {
    const seen = [];
    for (let more = {}, truncated = true; truncated;) {
      const page = await s3.send(new Command({ Bucket: bucket, Delimiter: '/', MaxKeys: 2, EncodingType: 'url', ...more }));
      seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix), ...(page.Contents ?? []).map(({ Key }) => Key));
      truncated = page.IsTruncated;
      more = next(page);
    }
    return seen.map(decodeURIComponent).map((text) => text.replaceAll('+', ' '));
  };
  const all = ['a/', 'b', 'c d/', 'e f'];
  assert.deepEqual((await pages(ListObjectsCommand, ({ NextMarker }) => ({ Marker: NextMarker && decodeURIComponent(NextMarker.replaceAll('+', ' ')) }))).sort(), all);
  assert.deepEqual((await pages(ListObjectsV2Command, ({ NextContinuationToken }) => ({ ContinuationToken: NextContinuationToken }))).sort(), all);
  const after = await s3.send(new ListObjectsV2Command({ Bucket: bucket, StartAfter: 'b', FetchOwner: true }));
  assert.deepEqual(after.Contents.map(({ Key }) => Key), ['c d/ä', 'e+f']);
  assert.ok(after.Contents[0].Owner.ID);
  const absent = await refusal(s3.send(new ListObjectsCommand({ Bucket: `${bucket}-absent` })));
  assert.ok(absent instanceof NoSuchBucket);
});

test('presigned put of a type, with metadata and a condition', async () => {
  const command = new PutObjectCommand({
    Bucket, Key: 'link/ä b', ContentType: 'text/plain', Metadata: { author: 'ada' }, IfNoneMatch: '*',
  });
  const url = await getSignedUrl(s3, command, { expiresIn: 60 });
  // The SDK signs the checksum of a body that it does not know, an empty one's, into the link.
  assert.match(url, /x-amz-checksum-crc32=AAAAAA%3D%3D/);
  const send = () => fetch(url, { method: 'PUT', body: 'by a link', headers: { 'Content-Type': 'text/plain', 'If-None-Match': '*' } });
  const answer = await send();
  assert.equal(answer.status, 200, await answer.text());
  const got = await get('link/ä b');
  assert.deepEqual([got.ContentType, got.Metadata], ['text/plain', { author: 'ada' }]);
  assert.equal((await bytesOf(got)).toString(), 'by a link');
  assert.equal((await send()).status, 412);
});

test('presigned head, delete, and answers of another type', async () => {
  await put('linked', 'text');
  const link = (Command, more = {}) => getSignedUrl(s3, new Command({ Bucket, Key: 'linked', ...more }), { expiresIn: 60 });
  const typed = await fetch(await link(GetObjectCommand, { ResponseContentType: 'text/x-test', ResponseContentDisposition: 'attachment' }));
  assert.equal(await typed.text(), 'text');
  assert.deepEqual(['content-type', 'content-disposition'].map((name) => typed.headers.get(name)), ['text/x-test', 'attachment']);
  const head = await fetch(await link(HeadObjectCommand), { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '4']);
  assert.equal((await fetch(await link(DeleteObjectCommand), { method: 'DELETE' })).status, 204);
  await waitUntilObjectNotExists({ client: s3, maxWaitTime: 20 }, { Bucket, Key: 'linked' });
});

test('presigned posts', async () => {
  const { url, fields } = await createPresignedPost(s3, {
    Bucket, Key: 'posted/${filename}', Expires: 60, Fields: { 'Content-Type': 'text/plain', success_action_status: '201' },
    Conditions: [['content-length-range', 1, 100], ['starts-with', '$Content-Type', 'text/']],
  });
  const post = (text) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([text]), 'a.txt');
    return fetch(url, { method: 'POST', body: form });
  };
  const answer = await post('by a form');
  const told = await answer.text();
  assert.equal(answer.status, 201, told);
  assert.match(told, /<Key>posted\/a\.txt<\/Key>/);
  const got = await get('posted/a.txt');
  assert.equal(got.ContentType, 'text/plain');
  assert.equal((await bytesOf(got)).toString(), 'by a form');
  const long = await post('x'.repeat(101));
  assert.equal(long.status, 400);
  assert.match(await long.text(), /<Code>EntityTooLarge<\/Code>/);
});

test('pages of other origins ask first', async () => {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'cors' }), { expiresIn: 60 });
  const ask = (origin) => fetch(url.split('?')[0], {
    method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'content-type' },
  });
  assert.equal((await ask('https://app.example')).status, 403);
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{
    AllowedOrigins: ['https://*.example'], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'], ExposeHeaders: ['ETag'], MaxAgeSeconds: 60,
  }] } }));
  const allowed = await ask('https://app.example');
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example');
  assert.match(allowed.headers.get('access-control-allow-methods'), /PUT/);
  assert.equal(allowed.headers.get('access-control-max-age'), '60');
  assert.equal((await ask('https://app.other')).status, 403);
  await put('cors', 'text');
  const got = await fetch(url, { headers: { Origin: 'https://app.example' } });
  assert.equal(await got.text(), 'text');
  assert.equal(got.headers.get('access-control-expose-headers'), 'ETag');
});
