// Clients work on few keys of a `dyad serve` at the same time, through kill -9 too, and Porcupine looks for an order of
// their operations that explains all answers. README.md says more.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	bucketName = "linearizability"
	// kindsOfRounds take turns.
	kindsOfRounds = 4
	// controlEvery: every so many rounds, histories are also checked with a fault put in.
	controlEvery = 3
	// mostRounds: rounds that are repeated get numbers, and so names, beyond.
	mostRounds = 1_000_000
	// oldRounds: a run that was this long has met every answer that it can meet.
	oldRounds = 40
)

type options struct {
	dyad       string
	seconds    int
	seed       uint64
	round      int64
	clients    int
	operations int
	killEvery  uint64
	checkLimit time.Duration
	folder     string
	verbose    bool
}

type totals struct {
	rounds, histories, operations, open, forgotten, kills, corrupted int
	slowestCheck                                                     time.Duration
}

func parse() options {
	var o options
	minutes := flag.Float64("minutes", 0, "how long, instead of --seconds")
	flag.StringVar(&o.dyad, "dyad", "", "the program (required)")
	flag.IntVar(&o.seconds, "seconds", 25, "rounds are begun for so long; at least one of each kind, and one kill, are run")
	flag.Uint64Var(&o.seed, "seed", 0, "what is chosen at random follows from it; default DYAD_SEED, else the time")
	flag.Int64Var(&o.round, "round", -1, "only this round, again and again")
	flag.IntVar(&o.clients, "clients", 12, "clients of a round; two thirds of them where all accounts are one history")
	flag.IntVar(&o.operations, "operations", 40, "operations of a client and round")
	flag.Uint64Var(&o.killEvery, "kill-every", 4, "every so many rounds the server is killed; 0: never")
	flag.DurationVar(&o.checkLimit, "check-limit", time.Minute, "how long one check may take; longer is a failure")
	flag.StringVar(&o.folder, "out", "", "where failing histories go; default a new folder below TMPDIR")
	flag.BoolVar(&o.verbose, "verbose", false, "a line for each round, and how often each answer was met")
	flag.Parse()
	if o.dyad == "" || flag.NArg() != 0 || o.clients < 3 || o.operations < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *minutes > 0 {
		o.seconds = int(*minutes * 60)
	}
	if o.seed == 0 {
		o.seed, _ = strconv.ParseUint(os.Getenv("DYAD_SEED"), 10, 64)
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano()) % 1_000_000_000
	}
	return o
}

func makeTable(client *dynamodb.Client, input *dynamodb.CreateTableInput) error {
	input.BillingMode = types.BillingModePayPerRequest
	_, err := client.CreateTable(context.Background(), input)
	return err
}

func keyNamed(name string, kind types.KeyType) types.KeySchemaElement {
	return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
}

func textAttribute(name string) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
}

func setUp(env *surroundings) error {
	id, group := textAttribute("id"), textAttribute("group")
	tables := []*dynamodb.CreateTableInput{
		{TableName: aws.String(itemsTable), AttributeDefinitions: []types.AttributeDefinition{id},
			KeySchema: []types.KeySchemaElement{keyNamed("id", types.KeyTypeHash)}},
		{TableName: aws.String(plainTable), AttributeDefinitions: []types.AttributeDefinition{id, group},
			KeySchema: []types.KeySchemaElement{keyNamed("id", types.KeyTypeHash)},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String(groupIndex),
				KeySchema:  []types.KeySchemaElement{keyNamed("group", types.KeyTypeHash)},
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}}},
		{TableName: aws.String(groupedTable), AttributeDefinitions: []types.AttributeDefinition{id, group},
			KeySchema: []types.KeySchemaElement{keyNamed("group", types.KeyTypeHash), keyNamed("id", types.KeyTypeRange)}}}
	for _, table := range tables {
		if err := makeTable(env.sdk.dynamodb, table); err != nil {
			return err
		}
	}
	_, err := env.sdk.s3.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &env.bucket})
	return err
}

// newRound: its number and the seed say what happens in it.
func newRound(o options, env *surroundings, number uint64, repetition uint64) *round {
	r := &round{env: env, number: number + repetition*mostRounds, clients: o.clients, operations: o.operations,
		seed: o.seed*1_000_003 + number}
	switch number % kindsOfRounds {
	case 0:
		r.kind, r.work = "objects", &objects{}
	case 1:
		r.kind, r.work = "items", &items{}
	case 2:
		r.kind, r.work = "rows", &rows{}
	default:
		r.kind, r.work, r.clients = "bank", &bank{}, o.clients*2/3
	}
	// Moved on by one from one turn to the next, so that each kind has its share.
	r.kill = o.killEvery != 0 && (number+number/kindsOfRounds)%o.killEvery == o.killEvery-1
	return r
}

// judgeRound checks each history of a round that has ended.
func judgeRound(o options, r *round, t *totals) error {
	if len(r.wrong) > 0 {
		return fmt.Errorf("%v: answers that nothing explains:\n%s", r, strings.Join(r.wrong, "\n"))
	}
	for _, h := range r.work.histories() {
		began := time.Now()
		result := linearizable(h, o.checkLimit)
		t.slowestCheck = max(t.slowestCheck, time.Since(began))
		switch result {
		case porcupine.Illegal:
			return fmt.Errorf("%v: %s", r, report(h, o.folder, o.checkLimit))
		case porcupine.Unknown:
			return fmt.Errorf("%v: %s: unknown after %v, %d operations", r, h.name, o.checkLimit, len(h.records))
		}
		t.histories++
		t.operations += len(h.records)
		if r.number%controlEvery == 0 {
			if err := checkControls(o, r, h, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkControls puts faults into a history that passed, each of which must be found.
func checkControls(o options, r *round, h *history, t *totals) error {
	if r.kill { // What is open makes the search for an order that does not exist long.
		return nil
	}
	random := rand.New(rand.NewPCG(r.seed, 1<<33))
	for _, c := range corruptions {
		records, ok := c.make(h.records, random)
		if !ok {
			continue
		}
		broken := &history{name: h.name, model: h.model, records: records}
		if result := linearizable(broken, o.checkLimit); result != porcupine.Illegal {
			return fmt.Errorf("%v: %s with %s put in is %s, but must be refuted:\n%s", r, h.name, c.name, result,
				describe(broken))
		}
		t.corrupted++
	}
	return nil
}

func runRounds(o options, env *surroundings, t *totals) error {
	end := time.Now().Add(time.Duration(o.seconds) * time.Second)
	least := max(o.killEvery, kindsOfRounds)
	for i := uint64(0); time.Now().Before(end) || i < least; i++ {
		r := newRound(o, env, i, 0)
		if o.round >= 0 {
			r = newRound(o, env, uint64(o.round), i)
		}
		if err := r.run(); err != nil {
			return err
		}
		t.rounds++
		t.kills += r.kills
		t.open += int(r.open.Load())
		t.forgotten += int(r.forgotten.Load())
		if err := judgeRound(o, r, t); err != nil {
			return err
		}
		if o.verbose {
			fmt.Printf("%v: %d answered, %d open, %d without effect, kills %d\n", r, r.definite.Load(), r.open.Load(),
				r.forgotten.Load(), r.kills)
		}
	}
	return nil
}

// mustBeMet are answers that a run of some length meets, or it tests less than it says.
var mustBeMet = []string{"PutObject ok", "PutObject condition failed", "GetObject ok", "GetObject not found",
	"GetObject not modified", "HeadObject ok", "DeleteObject ok", "DeleteObject condition failed", "DeleteObjects ok",
	"CopyObject ok", "CompleteMultipartUpload ok", "CompleteMultipartUpload condition failed",
	"PutItem ok", "PutItem condition failed", "UpdateItem ok", "UpdateItem condition failed", "DeleteItem ok",
	"DeleteItem condition failed", "GetItem ok", "BatchGetItem ok", "BatchWriteItem ok",
	"PutObject of a row ok", "GetObject of a row ok", "PutObjectTagging ok", "DeleteObjectTagging ok",
	"GetObjectTagging ok", "UpdateItem of a row ok", "UpdateItem of a row condition failed", "DeleteItem of a row ok",
	"DeleteItem of a row condition failed", "GetItem of a row ok",
	"TransactWriteItems ok", "TransactWriteItems condition failed", "TransactGetItems ok", "Query ok",
	"Query of the index ok", "Query of the bucket ok", "ListObjectsV2 ok"}

func (c *coverage) check() error {
	for _, what := range mustBeMet {
		if c.counts[what] == 0 {
			return fmt.Errorf("%q was never met", what)
		}
	}
	return nil
}

func (c *coverage) print() {
	var lines []string
	for what, count := range c.counts {
		lines = append(lines, fmt.Sprintf("%8d %s", count, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][9:] < lines[j][9:] })
	fmt.Println(strings.Join(lines, "\n"))
}

func run(o options, t *totals) error {
	folder, err := os.MkdirTemp("", "linearizability-")
	if err != nil {
		return err
	}
	if o.folder == "" {
		o.folder = filepath.Join(folder, "found")
	}
	s := newServer(o.dyad, folder)
	env := &surroundings{server: s, sdk: newSDK(s), bucket: bucketName, seen: &coverage{counts: map[string]int{}}}
	if err := s.start(); err != nil {
		return err
	}
	err = setUp(env)
	if err == nil {
		err = runRounds(o, env, t)
	}
	if o.verbose {
		env.seen.print()
	}
	if err == nil && o.round < 0 && t.rounds >= oldRounds {
		err = env.seen.check()
	}
	if err != nil {
		if s.alive() {
			s.kill()
		}
		return fmt.Errorf("%w\ndata and log: %s", err, folder)
	}
	if err := s.stop(); err != nil {
		return err
	}
	if err := s.verify(); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

func main() {
	runtime.LockOSThread() // The server dies with the thread that started it.
	o := parse()
	var t totals
	fmt.Printf("linearizability: seed %d\n", o.seed)
	if err := run(o, &t); err != nil {
		fmt.Fprintf(os.Stderr, "linearizability: %v\nafter %d rounds; --seed %d makes the same choices\n", err, t.rounds, o.seed)
		os.Exit(1)
	}
	fmt.Printf("linearizability: %d histories, %d operations, %d kills: all linearizable\n", t.histories, t.operations,
		t.kills)
	fmt.Printf("linearizability: %d rounds; %d operations left open, %d without effect or unread; %d histories with a "+
		"fault put in, all refuted; slowest check %d ms\n", t.rounds, t.open, t.forgotten, t.corrupted,
		t.slowestCheck.Milliseconds())
}
