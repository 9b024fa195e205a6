// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A PostgreSQLServer is a PostgreSQL of a test, on a loopback port.
type PostgreSQLServer struct {
	address  string
	programs string // their folder
	data     string
	as       *syscall.Credential // whom it runs as; nil: as the test
	running  *exec.Cmd
	made     int // databases
}

// PostgreSQL starts a server and returns the URL of an empty database. The server
// is stopped at the end of the test. Where there is none the test is skipped.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	return NewPostgreSQLServer(t).Database(t)
}

// NewPostgreSQLServer starts a server of Debian's PostgreSQL, which is stopped at
// the end of the test. Where there is none the test is skipped.
func NewPostgreSQLServer(t testing.TB) *PostgreSQLServer {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		Skip(t, "program initdb of PostgreSQL is not installed")
	}
	s := &PostgreSQLServer{address: FreePort(t), programs: filepath.Dir(found[len(found)-1])}
	if s.data, err = os.MkdirTemp("", "postgresql"); err != nil { //nolint:usetesting // t.TempDir is closed to other users
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(s.data) })
	if os.Getuid() == 0 {
		s.as = unprivileged(t)
		if err := os.Chown(s.data, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, "initdb", "--pgdata", s.data, "--auth", "trust", "--username", "pharos", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	s.Start(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// unprivileged returns a user that PostgreSQL lets run it: it refuses root.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	Skip(t, "there is no user to run PostgreSQL as")
	return nil
}

// command is one of PostgreSQL's programs.
func (s *PostgreSQLServer) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs, name), args...)
	cmd.Dir = s.data
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func (s *PostgreSQLServer) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := s.command(context.Background(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// at returns the flags that lead the programs to the server.
func (s *PostgreSQLServer) at(more ...string) []string {
	host, port, _ := net.SplitHostPort(s.address)
	return append([]string{"--host", host, "--port", port, "--username", "pharos"}, more...)
}

// Start starts the server again, on the same data, and waits until it answers.
func (s *PostgreSQLServer) Start(t testing.TB) {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.address)
	// Nothing of it outlives the test, so it need not sync.
	cmd := s.command(context.Background(), "postgres", "-D", s.data, "-p", port, "-c", "listen_addresses="+host,
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "logging_collector=off")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.running = cmd
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if s.command(ctx, "pg_isready", s.at("--dbname", "postgres")...).Run() == nil {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("PostgreSQL does not answer")
		}
	}
}

// Stop ends the server as a crash does: connections break, and nothing is tidied up.
func (s *PostgreSQLServer) Stop(t testing.TB) {
	t.Helper()
	if s.running == nil {
		return
	}
	if err := s.running.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Error(err)
	}
	_ = s.running.Wait() // it ends with an error, as is meant
	s.running = nil
}

// Database makes an empty database and returns its URL. It is called by one
// goroutine at a time.
func (s *PostgreSQLServer) Database(t testing.TB) string {
	t.Helper()
	s.made++
	name := fmt.Sprintf("test%d", s.made)
	s.run(t, "createdb", s.at(name)...)
	return fmt.Sprintf("postgres://pharos@%s/%s?sslmode=disable", s.address, name)
}
