// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait of these tests. It says nothing of speed; the
// benchmarks do.
const patience = 60 * time.Second

var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "pharos-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir, "../../cmd/...")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the programs: %v\n%s", err, out)
			return 1
		}
		bin = dir
		return m.Run()
	}())
}

// A program is a process under test.
type program struct {
	name string
	cmd  *exec.Cmd
	log  *logBuffer
	done chan struct{}
	err  error // valid once done is closed
}

// logBuffer collects what a process prints. It is safe for concurrent use.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// ours returns the path of a program of this project.
func ours(name string) string { return filepath.Join(bin, name) }

// start runs a program until the test ends. What it printed is shown if the test
// fails.
func start(t testing.TB, path string, args ...string) *program {
	t.Helper()
	return run(t, exec.Command(path, args...))
}

// run is start for a command.
func run(t testing.TB, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{name: filepath.Base(cmd.Path), cmd: cmd, log: &logBuffer{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s printed:\n%s", p.name, p.log)
		}
	})
	return p
}

// end sends the signal and waits until the process has ended.
func (p *program) end(sig os.Signal) {
	_ = p.cmd.Process.Signal(sig) // it may have ended by itself
	<-p.done
}

// stop asks the process to end, and fails the test if it does not do so cleanly.
func (p *program) stop(t testing.TB) {
	t.Helper()
	p.end(syscall.SIGTERM)
	if p.err != nil {
		t.Errorf("%s ended with %v", p.name, p.err)
	}
}

// get returns the status and the body of a GET, and an error where there is no answer.
func get(url string) (code int, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// mustGet returns the body of a GET that must be answered with 200.
func mustGet(t testing.TB, url string) string {
	t.Helper()
	code, body, err := get(url)
	if err != nil || code != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", url, code, err)
	}
	return body
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}

// answers waits until url is answered with 200.
func answers(t testing.TB, url string) {
	t.Helper()
	eventually(t, url+" is answered", func() bool {
		code, _, err := get(url)
		return err == nil && code == http.StatusOK
	})
}

// shows waits until the answer at url contains text.
func shows(t testing.TB, url, text string) {
	t.Helper()
	eventually(t, url+" shows "+text, func() bool {
		_, body, err := get(url)
		return err == nil && strings.Contains(body, text)
	})
}

// write puts a file into dir.
func write(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
