// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/pharos-status/pharos/internal/status"
)

// Kinds of frames in a WebSocket.
const (
	frameMore   = 0x0
	frameText   = 0x1
	frameBinary = 0x2
	frameClose  = 0x8
	framePing   = 0x9
	framePong   = 0xa

	maxControl = 125 // bytes in a frame of the last three kinds
)

// messages is the [speaker] of a WebSocket.
type messages struct {
	conn    net.Conn
	reader  *bufio.Reader
	limited *io.LimitedReader // below reader
	message []byte
}

// A frame is the head of one.
type frame struct {
	last bool // of its message
	kind byte
	size int
}

// hear returns the next message, of whatever kind, and answers pings on the way.
func (m *messages) hear() ([]byte, error) {
	m.message = m.message[:0]
	for started := false; ; {
		f, err := m.head()
		if err != nil {
			return nil, m.explain(err)
		}
		if f.kind >= frameClose {
			if err := m.control(f); err != nil {
				return nil, err
			}
			continue
		}
		if started != (f.kind == frameMore) {
			return nil, Failf(status.Protocol, "the frames of a message are out of order")
		}
		started = true
		if len(m.message)+f.size > maxLine {
			return nil, Failf(status.Protocol, "the target said a message of more than %d bytes", maxLine)
		}
		start := len(m.message)
		m.message = append(m.message, make([]byte, f.size)...)
		if _, err := io.ReadFull(m.reader, m.message[start:]); err != nil {
			return nil, m.explain(err)
		}
		if f.last {
			return m.message, nil
		}
	}
}

// head reads the head of the next frame.
func (m *messages) head() (frame, error) {
	var head [8]byte
	if _, err := io.ReadFull(m.reader, head[:2]); err != nil {
		return frame{}, err
	}
	f := frame{last: head[0]&0x80 != 0, kind: head[0] & 0xf, size: int(head[1] & 0x7f)}
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 {
		return f, Failf(status.Protocol, "a frame with bits that nobody has asked for")
	}
	if f.size > maxControl { // then the size itself follows, in two or in eight bytes
		width := 2
		if f.size == 127 {
			width = 8
		}
		if _, err := io.ReadFull(m.reader, head[8-width:]); err != nil {
			return f, err
		}
		clear(head[:8-width])
		f.size = int(min(binary.BigEndian.Uint64(head[:]), maxLine+1)) // no message is as long
	}
	if f.kind > frameBinary && (f.kind < frameClose || f.kind > framePong || !f.last || f.size > maxControl) {
		return f, Failf(status.Protocol, "a frame of the kind %#x and %d bytes, which the protocol does not allow", f.kind, f.size)
	}
	return f, nil
}

// control reads the rest of a frame that is not part of a message, and answers it.
func (m *messages) control(f frame) error {
	payload := make([]byte, f.size)
	if _, err := io.ReadFull(m.reader, payload); err != nil {
		return m.explain(err)
	}
	switch f.kind {
	case framePing:
		return m.write(framePong, payload)
	case frameClose:
		return io.EOF
	}
	return nil
}

// explain says why no more could be read. The end of the stream remains what it is.
func (m *messages) explain(err error) error {
	switch {
	case m.limited.N <= 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return Failf(status.Body, "the target said more than %d bytes", maxSaid)
	case errors.Is(err, io.EOF):
		return io.EOF
	}
	return exchangeError("read from the WebSocket", err)
}

func (m *messages) hearBytes([]byte) ([]byte, error) { return m.hear() }

func (m *messages) say(text []byte) error { return m.write(frameText, text) }

func (m *messages) startTLS() error { return nil }

// close says goodbye, and doesn't wait for an answer.
func (m *messages) close() {
	_ = m.write(frameClose, binary.BigEndian.AppendUint16(nil, 1000)) // normal closure
}

// write sends one frame, masked as those of a client have to be.
func (m *messages) write(kind byte, payload []byte) error {
	out := []byte{0x80 | kind}
	switch size := len(payload); {
	case size <= maxControl:
		out = append(out, 0x80|byte(size))
	case size < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(size))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(size))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:]) // never fails
	out = append(out, mask[:]...)
	for i, b := range payload {
		out = append(out, b^mask[i%len(mask)])
	}
	if _, err := m.conn.Write(out); err != nil {
		return exchangeError("write to the WebSocket", err)
	}
	return nil
}
