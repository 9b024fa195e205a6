// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/pharos-status/pharos/internal/status"
)

// SSHOptions say which server to greet, and who it must be.
type SSHOptions struct {
	Addr string // host:port
	Dial DialOptions

	// HostKeys are those that the server may prove to have; empty: any.
	HostKeys []HostKey
}

// A HostKey is the key of an SSH server, as [ParseHostKey] takes it.
type HostKey struct{ fingerprint string }

// SSHFacts are what a server has shown.
type SSHFacts struct {
	Banner      string // its version, such as SSH-2.0-OpenSSH_9.2p1; at most 200 bytes
	KeyType     string // such as ssh-ed25519; empty if the server has proven no key
	Fingerprint string // of the key: SHA256:…
}

// What the log of a probe says of SSH.
const (
	eventBanner  = "banner"
	eventHostKey = "host key proven"
	eventAgain   = "not pinned, so asked for a key of another type"
)

// ParseHostKey takes a fingerprint as ssh-keygen prints it (SHA256:…), or a line
// of authorized_keys, of known_hosts or of the server's public key file.
func ParseHostKey(text string) (HostKey, error) {
	text = strings.TrimSpace(text)
	if digest, ok := strings.CutPrefix(text, "SHA256:"); ok {
		digest = strings.TrimRight(digest, "=")
		if sum, err := base64.RawStdEncoding.DecodeString(digest); err != nil || len(sum) != sha256.Size {
			return HostKey{}, fmt.Errorf("host key %q: not a fingerprint as ssh-keygen -l prints it, SHA256: and 43 characters", text)
		}
		return HostKey{"SHA256:" + digest}, nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		var marker string
		if marker, _, key, _, _, err = ssh.ParseKnownHosts([]byte(text)); marker != "" {
			err = fmt.Errorf("@%s is not supported", marker)
		}
	}
	if err != nil {
		return HostKey{}, fmt.Errorf("host key %q: neither a fingerprint (SHA256:…) nor a line of authorized_keys or known_hosts: %w", text, err)
	}
	return HostKey{ssh.FingerprintSHA256(key)}, nil
}

// SSH returns a Prober that does the handshake of SSH up to the server's proof of
// its host key. It doesn't log in, and so no secret is ever sent, and it doesn't
// mind old algorithms. A server none of whose keys is pinned is dead for reason body.
func SSH(o SSHOptions) Prober {
	supported, insecure := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	p := &sshProbe{SSHOptions: o, keyAlgorithms: slices.Concat(supported.HostKeys, insecure.HostKeys)}
	p.config.KeyExchanges = slices.Concat(supported.KeyExchanges, insecure.KeyExchanges)
	p.config.Ciphers = slices.Concat(supported.Ciphers, insecure.Ciphers)
	p.config.MACs = slices.Concat(supported.MACs, insecure.MACs)
	return Func(p.probe)
}

type sshProbe struct {
	SSHOptions
	config        ssh.Config
	keyAlgorithms []string
}

// probe asks for one key after the other until one is pinned: a server has several,
// of one type each, and shows the one that it is asked for.
func (p *sshProbe) probe(ctx context.Context, t *Trace) error {
	t.SSH = &SSHFacts{}
	algorithms := slices.Clone(p.keyAlgorithms)
	var shown []string
	for {
		key, err := p.greet(ctx, t, algorithms)
		if len(shown) > 0 && isNegotiation(err) {
			break
		}
		if err != nil {
			return err
		}
		if p.pinned(key) {
			return nil
		}
		shown = append(shown, t.SSH.KeyType+" "+t.SSH.Fingerprint)
		before := len(algorithms)
		algorithms = slices.DeleteFunc(algorithms, func(name string) bool { return keyType(name) == key.Type() })
		if len(algorithms) == 0 || len(algorithms) == before {
			break
		}
		t.Event(eventAgain, "")
	}
	return Failf(status.Body, "%s has other host keys than those pinned: %s", p.Addr, strings.Join(shown, ", "))
}

// isNegotiation tells whether a server has none of what it was asked for.
func isNegotiation(err error) bool {
	var none *ssh.AlgorithmNegotiationError
	return errors.As(err, &none)
}

// pinned tells whether the server may have this key.
func (p *sshProbe) pinned(key ssh.PublicKey) bool {
	return len(p.HostKeys) == 0 || slices.Contains(p.HostKeys, HostKey{ssh.FingerprintSHA256(key)})
}

// keyType returns the type of the keys that an algorithm uses.
func keyType(algorithm string) string {
	algorithm, _, _ = strings.Cut(algorithm, "-cert-v0")
	if strings.HasPrefix(algorithm, "rsa-sha2-") {
		return ssh.KeyAlgoRSA
	}
	return algorithm
}

// errProven ends a handshake once the server has proven its key.
var errProven = errors.New("the server has proven its key")

// greet returns the key that the server proves when asked for those algorithms.
func (p *sshProbe) greet(ctx context.Context, t *Trace, algorithms []string) (ssh.PublicKey, error) {
	conn, err := p.Dial.dial(ctx, t, "tcp", p.Addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	var proven ssh.PublicKey
	config := &ssh.ClientConfig{
		Config:            p.config,
		User:              "pharos",
		ClientVersion:     "SSH-2.0-pharos",
		HostKeyAlgorithms: algorithms,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if cert, ok := key.(*ssh.Certificate); ok {
				key = cert.Key
			}
			proven = key
			return errProven
		},
	}
	heard := &bannerConn{Conn: conn, buffered: bufio.NewReader(conn), trace: t}
	_, _, _, err = ssh.NewClientConn(heard, p.Addr, config) // never a connection: its callback refuses every key
	if !errors.Is(err, errProven) {
		return nil, exchangeError("SSH handshake with "+p.Addr, err)
	}
	t.SSH.KeyType, t.SSH.Fingerprint = proven.Type(), ssh.FingerprintSHA256(proven)
	t.Event(eventHostKey, t.SSH.Fingerprint)
	return proven, nil
}

// A bannerConn notes the banner, which the library keeps to itself if the handshake
// fails. It also buffers: the library reads the banner byte by byte.
type bannerConn struct {
	net.Conn
	buffered *bufio.Reader
	trace    *Trace
	seen     []byte // until the banner is found
	found    bool
}

// Read implements [net.Conn].
func (c *bannerConn) Read(p []byte) (int, error) {
	n, err := c.buffered.Read(p)
	if !c.found { // the library gives up before there is much of it
		c.seen = append(c.seen, p[:n]...)
		c.find()
	}
	return n, err
}

// find looks at the lines that are complete.
func (c *bannerConn) find() {
	for {
		line, rest, ok := bytes.Cut(c.seen, []byte("\n"))
		if !ok {
			return
		}
		c.seen = rest
		if bytes.HasPrefix(line, []byte("SSH-")) {
			c.found, c.seen = true, nil
			c.trace.SSH.Banner = printable(bytes.TrimSuffix(line, []byte("\r")))
			c.trace.Event(eventBanner, c.trace.SSH.Banner)
			return
		}
	}
}
