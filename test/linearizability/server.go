package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	accessKey  = "AKIALINEARIZABLE2345"
	secretKey  = "secret/of+the/linearizability/tests/0123"
	region     = "us-east-1"
	startLimit = 60 * time.Second
	stopLimit  = 60 * time.Second
	lastWords  = 4000 // Characters of the server's log that a failure shows.
)

// patience is how many times longer than usual to wait for a program that is slow, one that a sanitizer watches.
func patience() time.Duration {
	times, _ := strconv.Atoi(os.Getenv("DYAD_TEST_PATIENCE"))
	return time.Duration(max(times, 1))
}

// server is a `dyad serve` on a data directory of its own, which is killed and started again. The thread that
// starts it must outlive it: the kernel kills the server when that thread ends.
type server struct {
	program string
	folder  string
	command *exec.Cmd
	exited  chan struct{}

	mutex   sync.Mutex
	changed *sync.Cond
	address string // Empty: down.
	epoch   int    // How often it was started.
}

func newServer(program, folder string) *server {
	s := &server{program: program, folder: folder}
	s.changed = sync.NewCond(&s.mutex)
	return s
}

func (s *server) data() string { return filepath.Join(s.folder, "data") }
func (s *server) log() string  { return filepath.Join(s.folder, "log") }

func environment() []string {
	kept := []string{"DYAD_ROOT_ACCESS_KEY_ID=" + accessKey, "DYAD_ROOT_SECRET_ACCESS_KEY=" + secretKey}
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "DYAD_") && !strings.HasPrefix(one, "AWS_") {
			kept = append(kept, one)
		}
	}
	return kept
}

// start returns once the server says where it listens.
func (s *server) start() error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.command = exec.Command(s.program, "serve", "--data", s.data(), "--listen", "127.0.0.1:0", "--region", region)
	s.command.Env = environment()
	s.command.Stderr = log
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := s.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return err
	}
	said := make(chan string, 1)
	s.exited = make(chan struct{})
	go func(command *exec.Cmd, exited chan struct{}) {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "endpoint" {
				said <- strings.TrimPrefix(words[1], "http://")
			}
		}
		command.Wait()
		close(exited)
	}(s.command, s.exited)
	select {
	case address := <-said:
		s.set(address)
		return nil
	case <-s.exited:
		return fmt.Errorf("the server ended while it started:\n%s", s.lastWords())
	case <-time.After(startLimit * patience()):
		s.command.Process.Kill()
		return fmt.Errorf("the server did not start in %v:\n%s", startLimit*patience(), s.lastWords())
	}
}

func (s *server) set(address string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.address = address
	if address != "" {
		s.epoch++
	}
	s.changed.Broadcast()
}

// up waits until the server runs; its address, and how often it was started.
func (s *server) up() (string, int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for s.address == "" {
		s.changed.Wait()
	}
	return s.address, s.epoch
}

// kill ends the process as it is, in the middle of whatever it does.
func (s *server) kill() {
	s.command.Process.Kill()
	s.set("")
	<-s.exited
}

// killWhileStarting begins a start and kills it after `delay`: recovery, too, may be cut short.
func (s *server) killWhileStarting(delay time.Duration) error {
	command := exec.Command(s.program, "serve", "--data", s.data(), "--listen", "127.0.0.1:0", "--region", region)
	command.Env = environment()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	time.Sleep(delay)
	command.Process.Kill()
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		return fmt.Errorf("the server ended by itself while it recovered: %v", err)
	}
	return nil
}

func (s *server) alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// stop tells the server to end, as an operator does.
func (s *server) stop() error {
	s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(stopLimit * patience()):
		s.command.Process.Kill()
		return fmt.Errorf("the server did not stop in %v:\n%s", stopLimit*patience(), s.lastWords())
	}
	if code := s.command.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with %d:\n%s", code, s.lastWords())
	}
	return nil
}

// verify proves that what the run left on disk agrees with itself.
func (s *server) verify() error {
	output, err := exec.Command(s.program, "verify", "--offline", s.data()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("dyad verify: %w\n%s", err, output)
	}
	return nil
}

func (s *server) lastWords() string {
	text, _ := os.ReadFile(s.log())
	return string(text[max(0, len(text)-lastWords):])
}
