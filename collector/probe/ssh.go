// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// errGreeted ends the handshake of [SSH] once the server has proven its key.
var errGreeted = errors.New("the server has proven its key")

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
	Banner      string // its version, such as SSH-2.0-OpenSSH_9.2p1; at most 255 bytes, all of them printable
	KeyType     string // such as ssh-ed25519; empty if the server has proven no key
	Fingerprint string // of the key: SHA256:…
}

// ParseHostKey takes a fingerprint as ssh-keygen prints it (SHA256:…), or a line
// of authorized_keys, of known_hosts or of the server's public key file.
func ParseHostKey(text string) (HostKey, error) {
	text = strings.TrimSpace(text)
	if digest, ok := strings.CutPrefix(text, "SHA256:"); ok {
		if sum, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(digest, "=")); err != nil || len(sum) != sha256.Size {
			return HostKey{}, fmt.Errorf("host key %q: not the fingerprint that ssh-keygen -l prints, SHA256: and 43 characters", text)
		}
		return HostKey{"SHA256:" + strings.TrimRight(digest, "=")}, nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		_, _, key, _, _, err = ssh.ParseKnownHosts([]byte(text))
	}
	if err != nil {
		return HostKey{}, fmt.Errorf("host key %q: neither a fingerprint (SHA256:…) nor a line of authorized_keys or known_hosts: %w", text, err)
	}
	return HostKey{ssh.FingerprintSHA256(key)}, nil
}

// SSH returns a Prober that does the handshake of SSH with addr, host:port, up
// to the server's proof of its host key. It doesn't log in, and so it neither
// checks the key nor minds old algorithms: no secret is ever sent.
func SSH(o SSHOptions) Prober {
	supported, insecure := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	config := &ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: slices.Concat(supported.KeyExchanges, insecure.KeyExchanges),
			Ciphers:      slices.Concat(supported.Ciphers, insecure.Ciphers),
			MACs:         slices.Concat(supported.MACs, insecure.MACs),
		},
		User:              "pharos",
		ClientVersion:     "SSH-2.0-pharos",
		HostKeyAlgorithms: slices.Concat(supported.HostKeys, insecure.HostKeys),
		HostKeyCallback:   func(string, net.Addr, ssh.PublicKey) error { return errGreeted },
	}
	return Func(func(ctx context.Context, t *Trace) error { return greet(ctx, t, o, config) })
}

func greet(ctx context.Context, t *Trace, o SSHOptions, config *ssh.ClientConfig) error {
	conn, err := o.Dial.dial(ctx, t, "tcp", o.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A deadline in the past ends every read and write at once, with the error
	// of a timeout.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, _, _, err = ssh.NewClientConn(conn, o.Addr, config)
	if errors.Is(err, errGreeted) {
		return nil
	}
	return exchangeError("SSH handshake with "+o.Addr, err)
}
