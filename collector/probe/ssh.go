// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// errGreeted ends the handshake of [SSH] once the server has proven its key.
var errGreeted = errors.New("the server has proven its key")

// SSHOptions say which server to greet, and who it must be.
type SSHOptions struct {
	Addr string // host:port
	Dial DialOptions

	// HostKeys are those that the server may show: each a fingerprint as
	// ssh-keygen prints it (SHA256:…), or a line of authorized_keys or of
	// known_hosts. Empty: any.
	HostKeys []string
}

// SSHFacts are what a server has shown.
type SSHFacts struct {
	Banner      string // its version, such as SSH-2.0-OpenSSH_9.2p1; at most 255 bytes, all of them printable
	KeyType     string // such as ssh-ed25519; empty if the server has proven no key
	Fingerprint string // of the key: SHA256:…
}

// SSH returns a Prober that does the handshake of SSH with addr, host:port, up
// to the server's proof of its host key. It doesn't log in, and so it neither
// checks the key nor minds old algorithms: no secret is ever sent.
func SSH(addr string) Prober {
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
	return Func(func(ctx context.Context, t *Trace) error { return greet(ctx, t, addr, config) })
}

func greet(ctx context.Context, t *Trace, addr string, config *ssh.ClientConfig) error {
	conn, err := DialOptions{}.dial(ctx, t, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A deadline in the past ends every read and write at once, with the error
	// of a timeout.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	_, _, _, err = ssh.NewClientConn(conn, addr, config)
	if errors.Is(err, errGreeted) {
		return nil
	}
	return exchangeError("SSH handshake with "+addr, err)
}
