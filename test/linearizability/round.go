package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// client does one operation after the other. The checker wants operations of one client to follow each other, so who
// has left one open goes on under another number.
type client struct {
	number  int
	random  *rand.Rand
	round   *round
	counter int

	toldOnFailure bool // Of the operation under way: a failed condition tells what it saw.
}

func (c *client) chance(percent int) bool { return c.random.IntN(100) < percent }

// unique is a text that no other operation of this round has.
func (c *client) unique() string {
	c.counter++
	return fmt.Sprintf("%d.%d", c.number, c.counter)
}

// sent is an operation under way.
type sent struct {
	client *client
	call   int64
	epoch  int
	cancel context.CancelFunc
	ctx    context.Context
}

// send notes when an operation begins. It waits for a server that is down: what is not sent cannot happen.
func (c *client) send() *sent {
	_, epoch := c.round.env.server.up()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout*patience())
	return &sent{client: c, call: now(), epoch: epoch, cancel: cancel, ctx: ctx}
}

// told is one line of what an answer tells: in one history.
type told struct {
	history *history
	input   any
	output  any
}

// answered notes when an operation ended, and what each history learns of it.
func (s *sent) answered(lines ...told) {
	ret := now()
	s.cancel()
	for _, line := range lines {
		line.history.add(record{client: s.client.number, input: line.input, call: s.call, output: line.output, ret: ret})
	}
	s.client.round.definite.Add(1)
}

// leftOpen notes that nobody knows what became of writes.
func (s *sent) leftOpen(lines ...told) {
	s.cancel()
	for _, line := range lines {
		line.history.add(record{client: s.client.number, input: line.input, call: s.call, output: line.output, open: true})
	}
	s.client.round.open.Add(1)
	s.client.number = s.client.round.nextClient()
}

// forgotten: it surely had no effect, or was a read that was not answered.
func (s *sent) forgotten() {
	s.cancel()
	s.client.round.forgotten.Add(1)
}

// workload is what the clients of a round do, on names of its own.
type workload interface {
	setUp(r *round) error
	step(c *client)   // One random operation.
	settle(c *client) // Reads, when everybody has ended.
	histories() []*history
}

// environment of all rounds.
type surroundings struct {
	server *server
	sdk    *sdk
	bucket string
	seen   *coverage
}

type round struct {
	env        *surroundings
	number     uint64
	kind       string
	kill       bool
	clients    int
	operations int
	seed       uint64
	work       workload

	clientNumbers atomic.Int64
	definite      atomic.Int64
	open          atomic.Int64
	forgotten     atomic.Int64
	ended         atomic.Int64
	kills         int
	mutex         sync.Mutex
	wrong         []string
}

func (r *round) nextClient() int { return int(r.clientNumbers.Add(1)) - 1 }

func (r *round) String() string { return fmt.Sprintf("round %d (%s)", r.number, r.kind) }

// complain of an answer that no history could explain.
func (r *round) complain(format string, arguments ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.wrong) < 20 {
		r.wrong = append(r.wrong, fmt.Sprintf(format, arguments...))
	}
}

func (r *round) newClient() *client {
	number := r.nextClient()
	return &client{number: number, round: r, random: rand.New(rand.NewPCG(r.seed, uint64(number)))}
}

// run drives the clients, kills the server among them where it shall, and reads the last state.
func (r *round) run() error {
	if err := r.work.setUp(r); err != nil {
		return fmt.Errorf("%v: %w", r, err)
	}
	var everybody sync.WaitGroup
	for range r.clients {
		c := r.newClient()
		everybody.Go(func() {
			for range r.operations {
				r.work.step(c)
				r.ended.Add(1)
			}
		})
	}
	if r.kill {
		if err := r.killInTheMiddle(); err != nil {
			return err
		}
	}
	everybody.Wait()
	r.work.settle(r.newClient())
	if !r.env.server.alive() {
		return fmt.Errorf("%v: the server ended by itself:\n%s", r, r.env.server.lastWords())
	}
	return nil
}

// killInTheMiddle waits until some operations have ended: the seed says how many.
func (r *round) killInTheMiddle() error {
	random := rand.New(rand.NewPCG(r.seed, 1<<32))
	all := r.clients * r.operations
	until := int64(all/10 + random.IntN(all/2))
	for r.ended.Load() < until {
		time.Sleep(100 * time.Microsecond)
	}
	time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond)
	r.env.server.kill()
	r.kills++
	if random.IntN(3) == 0 {
		if err := r.env.server.killWhileStarting(time.Duration(random.IntN(60)) * time.Millisecond); err != nil {
			return err
		}
		r.kills++
	}
	if err := r.env.server.start(); err != nil {
		return fmt.Errorf("%v: after a kill: %w", r, err)
	}
	r.env.sdk.transport.CloseIdleConnections()
	return nil
}

// coverage counts how operations ended, so that a run that exercises nothing is noticed.
type coverage struct {
	mutex  sync.Mutex
	counts map[string]int
}

func (c *coverage) note(what string, answer answerKind) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.counts[what+" "+answerNames[answer]]++
}
