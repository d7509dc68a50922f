// Multipart uploads, by hand and by @aws-sdk/lib-storage with its defaults.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';

import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand,
  CreateMultipartUploadCommand, DeleteBucketCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand,
  NoSuchUpload, PutObjectCommand, S3Client, UploadPartCommand, UploadPartCopyCommand, paginateListParts,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { newName, refusal } from './names.mjs';

const s3 = new S3Client({});
const first = randomBytes(5 << 20);
const last = Buffer.from('the last part may be short');
const whole = Buffer.concat([first, last]);
let Bucket;

before(async () => {
  Bucket = newName('parts');
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const bytesOf = async (Key, more = {}) => {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from(await answer.Body.transformToByteArray());
};
const begin = async (Key, more = {}) => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return { Bucket, Key, UploadId };
};
const complete = (names, Parts, more = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ ...names, MultipartUpload: { Parts }, ...more }));
const tagOf = (bodies) => {
  const md5 = (bytes) => createHash('md5').update(bytes).digest();
  return `"${md5(Buffer.concat(bodies.map(md5))).toString('hex')}-${bodies.length}"`;
};

test('multipart: every step by hand', async () => {
  const names = await begin('by-hand', { ContentType: 'text/plain', Metadata: { author: 'ada' } });
  const parts = [];
  for (const [i, Body] of [first, last].entries()) {
    const { ETag } = await s3.send(new UploadPartCommand({ ...names, PartNumber: i + 1, Body }));
    parts.push({ PartNumber: i + 1, ETag });
  }
  const listed = [];
  // S3's last page names its last part, too, and one behind it names part 0: left alone, the SDK's paginator has no end.
  for await (const page of paginateListParts({ client: s3, pageSize: 1 }, names)) {
    listed.push(...page.Parts);
    if (!page.IsTruncated) break;
  }
  assert.deepEqual(listed.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, first.length], [2, last.length]]);
  const under = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'by-hand' }));
  assert.deepEqual(under.Uploads.map(({ UploadId }) => UploadId), [names.UploadId]);
  const done = await complete(names, parts);
  assert.equal(done.ETag, tagOf([first, last]));
  assert.equal(done.Location, `${process.env.AWS_ENDPOINT_URL}/${Bucket}/by-hand`);
  assert.deepEqual(await bytesOf('by-hand'), whole);
  assert.deepEqual(await bytesOf('by-hand', { PartNumber: 2 }), last);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'by-hand', PartNumber: 1 }));
  assert.deepEqual([head.PartsCount, head.ContentType, head.Metadata], [2, 'text/plain', { author: 'ada' }]);
});

for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']) {
  test(`multipart: parts with ${ChecksumAlgorithm}`, async () => {
    const Key = `sums/${ChecksumAlgorithm}`;
    const names = await begin(Key, { ChecksumAlgorithm });
    const parts = [];
    const member = `Checksum${ChecksumAlgorithm}`;
    for (const [i, Body] of [first, last].entries()) {
      const part = await s3.send(new UploadPartCommand({ ...names, PartNumber: i + 1, Body, ChecksumAlgorithm }));
      assert.ok(part[member]);
      parts.push({ PartNumber: i + 1, ETag: part.ETag, [member]: part[member] });
    }
    const forged = parts.map((part) => ({ ...part, [member]: parts[0][member] }));
    assert.equal((await refusal(complete(names, forged))).name, 'InvalidPart');
    const done = await complete(names, parts);
    const whole_alone = ChecksumAlgorithm === 'CRC64NVME';
    assert.equal(done.ChecksumType, whole_alone ? 'FULL_OBJECT' : 'COMPOSITE');
    assert.equal(done[member].endsWith('-2'), !whole_alone);
    assert.deepEqual(await bytesOf(Key, { ChecksumMode: 'ENABLED' }), whole);
  });
}

test('multipart: lib-storage uploads bytes and streams of unknown length', async () => {
  const body = randomBytes(17 << 20);
  for (const [Key, Body] of [['lib/bytes', body], ['lib/a stream', Readable.from([body.subarray(0, 999), body.subarray(999)])]]) {
    let seen = 0;
    const upload = new Upload({ client: s3, params: { Bucket, Key, Body, Metadata: { kind: 'large' } } });
    upload.on('httpUploadProgress', ({ loaded }) => { seen = Math.max(seen, loaded); });
    const done = await upload.done();
    assert.match(done.ETag, /^"[0-9a-f]{32}-4"$/);
    assert.equal(decodeURIComponent(new URL(done.Location).pathname), `/${Bucket}/${Key}`);
    assert.equal(seen, body.length);
    assert.deepEqual(await bytesOf(Key), body);
  }
});

test('multipart: lib-storage puts what is short in one request', async () => {
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'lib/short', Body: last } });
  assert.match((await upload.done()).ETag, /^"[0-9a-f]{32}"$/);
  assert.deepEqual(await bytesOf('lib/short'), last);
});

test('multipart: what lib-storage aborts leaves nothing', async () => {
  const endless = Readable.from((async function* () { for (;;) yield first; })());
  const upload = new Upload({ client: s3, params: { Bucket, Key: 'lib/aborted', Body: endless } });
  upload.on('httpUploadProgress', () => upload.abort());
  assert.equal((await refusal(upload.done())).name, 'AbortError');
  // Its request to abort may still be on its way when it tells.
  for (let left = 200; left > 0; --left) {
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'lib/aborted' }));
    for (const { Key, UploadId } of Uploads) {
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => {});
    }
    if (Uploads.length === 0) break;
    assert.ok(left > 1, 'the upload is still there');
  }
  assert.equal((await refusal(bytesOf('lib/aborted'))).name, 'NoSuchKey');
});

test('multipart: parts are copied, and objects in parts', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: whole }));
  const names = await begin('copied');
  const parts = [];
  for (const [PartNumber, CopySourceRange] of [[1, `bytes=0-${first.length - 1}`], [2, `bytes=${first.length}-${whole.length - 1}`]]) {
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({
      ...names, PartNumber, CopySource: `${Bucket}/source`, CopySourceRange,
    }));
    parts.push({ PartNumber, ETag: CopyPartResult.ETag });
  }
  assert.equal((await complete(names, parts)).ETag, tagOf([first, last]));
  assert.deepEqual(await bytesOf('copied'), whole);
  const { CopyObjectResult } = await s3.send(new CopyObjectCommand({ Bucket, Key: 'one piece', CopySource: `${Bucket}/copied` }));
  assert.equal(CopyObjectResult.ETag, `"${createHash('md5').update(whole).digest('hex')}"`);
  assert.deepEqual(await bytesOf('one piece'), whole);
});

test('multipart: parts by presigned links', async () => {
  const names = await begin('by-link');
  const parts = [];
  for (const [i, body] of [first, last].entries()) {
    const url = await getSignedUrl(s3, new UploadPartCommand({ ...names, PartNumber: i + 1 }), { expiresIn: 60 });
    const answer = await fetch(url, { method: 'PUT', body });
    assert.equal(answer.status, 200, await answer.text());
    parts.push({ PartNumber: i + 1, ETag: answer.headers.get('etag') });
  }
  await complete(names, parts);
  assert.deepEqual(await bytesOf('by-link'), whole);
});

test('multipart: errors have their classes', async () => {
  const names = await begin('refused');
  await s3.send(new UploadPartCommand({ ...names, PartNumber: 1, Body: last }));
  const { ETag } = await s3.send(new UploadPartCommand({ ...names, PartNumber: 2, Body: last }));
  const both = [1, 2].map((PartNumber) => ({ PartNumber, ETag }));
  assert.equal((await refusal(complete(names, both))).name, 'EntityTooSmall');
  assert.equal((await refusal(complete(names, both.toReversed()))).name, 'InvalidPartOrder');
  assert.equal((await refusal(complete(names, [{ PartNumber: 3, ETag }]))).name, 'InvalidPart');
  await s3.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'here first' }));
  const taken = await refusal(complete(names, [both[1]], { IfNoneMatch: '*' }));
  assert.deepEqual([taken.name, taken.$metadata.httpStatusCode], ['PreconditionFailed', 412]);
  await s3.send(new AbortMultipartUploadCommand(names));
  const gone = await refusal(s3.send(new AbortMultipartUploadCommand(names)));
  assert.ok(gone instanceof NoSuchUpload);
});

test('multipart: a bucket goes with its uploads', async () => {
  const bucket = newName('going');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'k' }));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
});
