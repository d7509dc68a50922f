package main

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	keysOfRound = 3
	// Beyond 64 KiB an object's bytes are not beside its row but in a file of their own.
	largeBytes = 70_000
)

// objects: conditional and plain writes, copies, uploads in parts, deletes and reads of a few keys.
type objects struct {
	registers
	contents map[string]string // MD5 of the content, by entity tag; guarded by the mutex.
}

func md5Hex(content string) string {
	digest := md5.Sum([]byte(content))
	return hex.EncodeToString(digest[:])
}

func (w *objects) setUp(r *round) error {
	w.contents = map[string]string{}
	w.open(r, "object", objectModel, md5Hex("nothing"))
	return nil
}

// write makes a content that no other write has, and its tag known before it is sent.
func (w *objects) write(c *client, key string) (content, tag string) {
	content = key + " " + c.unique()
	if c.chance(12) {
		content += strings.Repeat(".", largeBytes)
	}
	tag = md5Hex(content)
	w.know(tag, tag)
	return content, tag
}

func (w *objects) know(tag, digest string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.contents[tag] = digest
}

func (w *objects) digestOf(tag string) string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.contents[tag]
}

func bare(tag *string) string { return strings.Trim(aws.ToString(tag), `"`) }
func quoted(tag string) *string {
	if tag == "" || tag == "*" {
		return optional(tag)
	}
	return aws.String(`"` + tag + `"`)
}
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (w *objects) step(c *client) {
	key := w.keys[c.random.IntN(len(w.keys))]
	choice := c.random.IntN(100)
	switch {
	case choice < 24:
		w.get(c, key, objectInput{})
	case choice < 28:
		w.get(c, key, objectInput{ifNoneMatch: w.seen(key)})
	case choice < 31:
		w.get(c, key, objectInput{ifMatch: w.seen(key)})
	case choice < 36:
		w.head(c, key)
	case choice < 48:
		w.put(c, key, objectInput{})
	case choice < 60:
		w.put(c, key, objectInput{ifNoneMatch: "*"})
	case choice < 75:
		w.put(c, key, objectInput{ifMatch: w.seen(key)})
	case choice < 81:
		w.delete(c, key, objectInput{})
	case choice < 87:
		w.delete(c, key, objectInput{ifMatch: w.seen(key)})
	case choice < 90:
		w.deleteAll(c)
	case choice < 95:
		w.copy(c, key, w.keys[c.random.IntN(len(w.keys))])
	default:
		conditions := []objectInput{{}, {ifNoneMatch: "*"}, {ifMatch: w.seen(key)}}
		w.putInParts(c, key, conditions[c.random.IntN(len(conditions))])
	}
}

func (w *objects) settle(c *client) {
	for _, key := range w.keys {
		w.get(c, key, objectInput{})
		w.head(c, key)
	}
}

// readAnswer is what a client error of a read tells.
func readAnswer(v verdict) (answerKind, bool) {
	switch v.status {
	case http.StatusNotFound:
		return notFound, true
	case http.StatusPreconditionFailed:
		return conditionFailed, true
	case http.StatusNotModified:
		return notModified, true
	}
	return 0, false
}

func (w *objects) finish(s *sent, err error, in objectInput, out objectOutput) {
	v := judge(err)
	if v.status == http.StatusNotModified {
		v.outcome = refused
	}
	line := told{w.byKey[in.key], in, out}
	switch {
	case v.outcome == done:
		s.answered(line)
		w.saw(in.key, out.tag)
		if in.kind == "put" {
			w.saw(in.key, in.tag)
		}
	case v.outcome == unknown && in.kind != "get":
		line.output = objectOutput{answer: unanswered}
		s.leftOpen(line)
	case v.outcome == refused:
		answer, ok := readAnswer(v)
		if !ok {
			s.cancel()
			w.round.complain("%v of %s: %v", in, in.key, err)
			return
		}
		line.output = objectOutput{answer: answer}
		s.answered(line)
	default:
		s.forgotten()
		return
	}
	w.round.env.seen.note(in.via, line.output.(objectOutput).answer)
}

func (w *objects) get(c *client, key string, in objectInput) {
	in.kind, in.via, in.key = "get", "GetObject", key
	s := c.send()
	got, err := w.round.env.sdk.s3.GetObject(s.ctx, &s3.GetObjectInput{Bucket: &w.round.env.bucket, Key: &key,
		IfMatch: quoted(in.ifMatch), IfNoneMatch: quoted(in.ifNoneMatch)})
	out := objectOutput{}
	if err == nil {
		var body []byte
		body, err = io.ReadAll(got.Body)
		got.Body.Close()
		out.tag = bare(got.ETag)
		if err == nil && w.digestOf(out.tag) != md5Hex(string(body)) {
			w.round.complain("GetObject %s: %d bytes beginning %.40q under the tag %s", key, len(body), body, out.tag)
		}
	}
	w.finish(s, err, in, out)
}

func (w *objects) head(c *client, key string) {
	in := objectInput{kind: "get", via: "HeadObject", key: key}
	s := c.send()
	got, err := w.round.env.sdk.s3.HeadObject(s.ctx, &s3.HeadObjectInput{Bucket: &w.round.env.bucket, Key: &key})
	out := objectOutput{}
	if err == nil {
		out.tag = bare(got.ETag)
	}
	w.finish(s, err, in, out)
}

func (w *objects) put(c *client, key string, in objectInput) {
	content, tag := w.write(c, key)
	in.kind, in.via, in.key, in.tag = "put", "PutObject", key, tag
	s := c.send()
	written, err := w.round.env.sdk.s3.PutObject(s.ctx, &s3.PutObjectInput{Bucket: &w.round.env.bucket, Key: &key,
		Body: strings.NewReader(content), IfMatch: quoted(in.ifMatch), IfNoneMatch: optional(in.ifNoneMatch)})
	if err == nil && bare(written.ETag) != tag {
		w.round.complain("PutObject %s: the tag is %s, not %s", key, bare(written.ETag), tag)
	}
	w.finish(s, err, in, objectOutput{})
}

func (w *objects) delete(c *client, key string, in objectInput) {
	in.kind, in.via, in.key = "delete", "DeleteObject", key
	s := c.send()
	_, err := w.round.env.sdk.s3.DeleteObject(s.ctx, &s3.DeleteObjectInput{Bucket: &w.round.env.bucket, Key: &key,
		IfMatch: quoted(in.ifMatch)})
	w.finish(s, err, in, objectOutput{})
}

// deleteAll is a delete of each key, at moments of their own.
func (w *objects) deleteAll(c *client) {
	var names []types.ObjectIdentifier
	var lines []told
	for _, key := range w.keys {
		names = append(names, types.ObjectIdentifier{Key: aws.String(key)})
		in := objectInput{kind: "delete", via: "DeleteObjects", key: key}
		lines = append(lines, told{w.byKey[key], in, objectOutput{}})
	}
	s := c.send()
	erased, err := w.round.env.sdk.s3.DeleteObjects(s.ctx, &s3.DeleteObjectsInput{Bucket: &w.round.env.bucket,
		Delete: &types.Delete{Objects: names}})
	v := judge(err)
	switch {
	case v.outcome == done && len(erased.Deleted) == len(names):
		s.answered(lines...)
		w.round.env.seen.note("DeleteObjects", answered)
	case v.outcome == done || v.outcome == unknown: // Errors key by key: which had an effect is not asked.
		for i := range lines {
			lines[i].output = objectOutput{answer: unanswered}
		}
		s.leftOpen(lines...)
	case v.outcome == never:
		s.forgotten()
	default:
		s.cancel()
		w.round.complain("DeleteObjects: %v", err)
	}
}

// copy is a read of one key and then a write of another one. That the source must be what it was seen to be tells
// beforehand what the copy will be.
func (w *objects) copy(c *client, from, to string) {
	source := w.seen(from)
	digest := w.digestOf(source)
	if from == to || digest == "" {
		return
	}
	read := objectInput{kind: "get", via: "CopyObject from here", key: from, ifMatch: source}
	write := objectInput{kind: "put", via: "CopyObject to here", key: to, tag: digest}
	w.know(digest, digest)
	s := c.send()
	copied, err := w.round.env.sdk.s3.CopyObject(s.ctx, &s3.CopyObjectInput{Bucket: &w.round.env.bucket, Key: &to,
		CopySource: aws.String(w.round.env.bucket + "/" + from), CopySourceIfMatch: quoted(source)})
	v := judge(err)
	switch v.outcome {
	case done:
		if tag := bare(copied.CopyObjectResult.ETag); tag != digest {
			w.round.complain("CopyObject %s: the tag is %s, not %s", to, tag, digest)
		}
		s.answered(told{w.byKey[from], read, objectOutput{tag: source}}, told{w.byKey[to], write, objectOutput{}})
		w.saw(to, digest)
		w.round.env.seen.note("CopyObject", answered)
	case unknown:
		s.leftOpen(told{w.byKey[to], write, objectOutput{answer: unanswered}})
	case never:
		s.forgotten()
	default:
		w.finish(s, err, read, objectOutput{})
	}
}

// putInParts: only the completion is an operation; an upload under way is seen by nobody.
func (w *objects) putInParts(c *client, key string, in objectInput) {
	content, digest := w.write(c, key)
	raw := md5.Sum([]byte(content))
	outer := md5.Sum(raw[:])
	tag := hex.EncodeToString(outer[:]) + "-1"
	w.know(tag, digest)
	in.kind, in.via, in.key, in.tag = "put", "CompleteMultipartUpload", key, tag
	before := c.send()
	client, bucket := w.round.env.sdk.s3, &w.round.env.bucket
	upload, err := client.CreateMultipartUpload(before.ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
	if err != nil {
		before.forgotten()
		return
	}
	part, err := client.UploadPart(before.ctx, &s3.UploadPartInput{Bucket: bucket, Key: &key, UploadId: upload.UploadId,
		PartNumber: aws.Int32(1), Body: strings.NewReader(content)})
	before.cancel()
	if err != nil {
		w.round.forgotten.Add(1)
		return
	}
	s := c.send()
	completed, err := client.CompleteMultipartUpload(s.ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: &key,
		UploadId: upload.UploadId, IfMatch: quoted(in.ifMatch), IfNoneMatch: optional(in.ifNoneMatch),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{
			{ETag: part.ETag, PartNumber: aws.Int32(1), ChecksumCRC32: part.ChecksumCRC32}}}})
	if err == nil && bare(completed.ETag) != tag {
		w.round.complain("CompleteMultipartUpload %s: the tag is %s, not %s", key, bare(completed.ETag), tag)
	}
	if judge(err).code == "NoSuchUpload" {
		w.round.complain("CompleteMultipartUpload %s: the upload is gone, though its part was acknowledged", key)
	}
	w.finish(s, err, in, objectOutput{})
}
