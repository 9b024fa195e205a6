// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/pharos-status/pharos/internal/status"
)

// lines is the [speaker] of a connection over which lines go.
type lines struct {
	conn   net.Conn
	secure func(net.Conn) (*tls.Conn, error)
	reader *bufio.Reader
	line   []byte
	left   int // bytes that the target may still say
}

// talk does what there is to do over conn, and closes it: TLS, and the
// conversation. It ends with ctx, as conn does.
func talk(ctx context.Context, t *Trace, conn net.Conn, useTLS bool, config *tls.Config, turns []Exchange) error {
	if !useTLS && len(turns) == 0 {
		_ = conn.Close() // the target has answered; how the connection ends says nothing of it
		return nil
	}
	s := lines{conn: conn, reader: bufio.NewReader(conn), left: maxSaid}
	s.secure = func(conn net.Conn) (*tls.Conn, error) { return handshake(ctx, t, conn, config) }
	defer func() { _ = s.conn.Close() }()
	if useTLS {
		if err := s.startTLS(); err != nil {
			return err
		}
	}
	return converse(t, &s, turns)
}

// hear returns the next line without its end. The last one needs none.
func (s *lines) hear() ([]byte, error) {
	s.line = s.line[:0]
	for {
		part, err := s.reader.ReadSlice('\n')
		s.line = append(s.line, part...)
		if s.left -= len(part); s.left < 0 {
			return nil, Failf(status.Body, "the target said more than %d bytes", maxSaid)
		}
		if len(s.line) > maxLine {
			return nil, Failf(status.Protocol, "the target said a line of more than %d bytes", maxLine)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(s.line) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, exchangeError("read from the target", err)
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(s.line, []byte("\n")), []byte("\r")), nil
	}
}

func (s *lines) hearBytes(want []byte) ([]byte, error) {
	got := make([]byte, 0, len(want))
	for len(got) < len(want) && bytes.HasPrefix(want, got) {
		n, err := s.reader.Read(got[len(got):cap(got)])
		got = got[:len(got)+n]
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, exchangeError("read from the target", err)
		}
	}
	return got, nil
}

func (s *lines) say(text []byte) error {
	if _, err := s.conn.Write(append(text, '\n')); err != nil {
		return exchangeError("write to the target", err)
	}
	return nil
}

// startTLS makes the connection one of TLS. What the target has said before, and
// nobody has heard, is forgotten: it was not under its certificate.
func (s *lines) startTLS() error {
	secured, err := s.secure(s.conn)
	if err != nil {
		return err
	}
	s.conn = secured
	s.reader.Reset(secured)
	return nil
}
