// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/pharos-status/pharos/internal/testkit"
)

// The tokens of testdata/moving/config.cfg.
const (
	movingReporter = "reporter-token-of-vigil"
	movingManager  = "manager-token-of-vigil"
)

// What is watched in testdata/moving/config.cfg. Nothing of it leaves the machine.
type neighbours struct {
	web, ssh, mortal string // addresses
	broken           atomic.Bool
}

func newNeighbours(t *testing.T) *neighbours {
	t.Helper()
	n := &neighbours{ssh: newSSH(t)}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || string(body) != `{"ping": true}` || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `PONG: "yes"`)
	}))
	t.Cleanup(web.Close)
	mortal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(mortal.Close)
	n.web, n.mortal = web.Listener.Addr().String(), mortal.Listener.Addr().String()
	return n
}

// newSSH listens as an SSH server that lets nobody in.
func newSSH(t *testing.T) (address string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, io.EOF }}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the listener is closed
			}
			go func() {
				defer conn.Close()
				_, _, _, _ = ssh.NewServerConn(conn, config)
			}()
		}
	}()
	return l.Addr().String()
}

// A sink stands in for the channels, and for RabbitMQ.
type sink struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.EscapedPath() {
		case "/api/queues/%2F/client":
			_, _ = io.WriteString(w, `{"messages_ready": 7, "messages_unacknowledged": 2}`)
			return
		case "/slack":
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "ok")
		default:
			_, _ = io.WriteString(w, `{"result": "success", "id": 1, "event_id": "$1", "room_id": "!abc123:matrix.example.com"}`)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, received{r, body})
	}))
	t.Cleanup(s.Close)
	return s
}

// messages returns the bodies that came to a path that begins so.
func (s *sink) messages(path string) (bodies []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.got {
		if strings.HasPrefix(r.URL.Path, path) {
			bodies = append(bodies, string(r.body))
		}
	}
	return bodies
}

// gets waits until a body with these texts came to a path, and returns it. Messages of
// one outage are up to a minute apart.
func (s *sink) gets(t *testing.T, path string, texts ...string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute + patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for _, body := range s.messages(path) {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(body, text) }) {
				return body
			}
		}
	}
	t.Fatalf("%s did not get %q, but %q", path, texts, s.messages(path))
	return ""
}

// A vigilWorld is a configuration of Vigil with all that it speaks of.
type vigilWorld struct {
	*neighbours
	*sink
	box    *mailbox
	listen string
	env    []string // that the configuration names
	config string   // path
}

// newVigilWorld needs SSL_CERT_FILE to name the certificate of the signer.
func newVigilWorld(t *testing.T, n *neighbours, signer *authority, assets string) *vigilWorld {
	t.Helper()
	w := &vigilWorld{neighbours: n, sink: newSink(t), box: newMailbox(t, signer), listen: testkit.FreePort(t)}
	_, port, err := net.SplitHostPort(w.box.address)
	if err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		"LISTEN=" + w.listen, "ASSETS=" + assets, "SINK=" + w.sink.Listener.Addr().String(), "SMTP_PORT=" + port,
		"WEB=" + n.web, "SSH=" + n.ssh, "MORTAL=" + n.mortal, "THRESHOLD=101", "PROXY_HOST=proxy", "COMPANY_FORM=Ltd",
		"VIGIL_MANAGER_TOKEN=" + movingManager, "VIGIL_REPORTER_TOKEN=" + movingReporter,
	}
	w.config = filepath.Join(t.TempDir(), "config.cfg")
	text, err := os.ReadFile("testdata/moving/config.cfg")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(w.config), "config.cfg", string(text))
	return w
}
