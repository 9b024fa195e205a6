// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// A stream is the answer to a listener. One goroutine uses it; only wake may be called
// by others.
type stream interface {
	// send writes at once, or fails if the visitor does not take it in time.
	send(text string) error
	// wait returns true at that time or when it is woken, and false when the visitor
	// has gone.
	wait(until time.Time) bool
	// wake ends a wait, the next one if there is none now. It does not block.
	wake()
	end()
}

// A connStream has taken its connection over from net/http, which keeps buffers and
// goroutines of some 25 KB for each that it serves. It waits for the visitor to go and
// for news by one and the same reading, which a deadline in the past ends.
type connStream struct {
	conn net.Conn

	mu    sync.Mutex
	woken bool
}

// takeOver sends the head of the answer, whose body lasts as long as the connection
// does. It fails where a connection carries more than one answer, as in HTTP/2.
func takeOver(w http.ResponseWriter) (*connStream, error) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	s := &connStream{conn: conn}
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	w.Header().Set("Connection", "close")
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	_ = w.Header().Write(&head) // a buffer takes everything
	head.WriteString("\r\n")
	_ = s.send(head.String()) // the next one fails, too
	return s, nil
}

func (s *connStream) send(text string) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(streamWriteWithin)); err != nil {
		return err
	}
	_, err := s.conn.Write([]byte(text))
	return err
}

func (s *connStream) wait(until time.Time) bool {
	s.mu.Lock()
	if !s.woken {
		_ = s.conn.SetReadDeadline(until) // the reading fails, too
		s.mu.Unlock()
		_, err := s.conn.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return false // gone, or speaking out of turn
		}
		s.mu.Lock()
	}
	s.woken = false
	s.mu.Unlock()
	return true
}

func (s *connStream) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = true
	_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // a connection that has gone needs no waking
}

func (s *connStream) end() { _ = s.conn.Close() } // nobody is left to tell

// An httpStream is an answer of net/http.
type httpStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	gone    context.Context //nolint:containedctx // of the request, whose answer this is
	woken   chan struct{}   // capacity 1
}

func newHTTPStream(w http.ResponseWriter, r *http.Request) *httpStream {
	s := &httpStream{w, http.NewResponseController(w), r.Context(), make(chan struct{}, 1)}
	// The request is read; from now on there is no time by which it must have been.
	_ = s.control.SetReadDeadline(time.Time{}) // where it can't be set there is none
	w.WriteHeader(http.StatusOK)
	return s
}

func (s *httpStream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamWriteWithin)) // likewise
	_, err := s.w.Write([]byte(text))
	err = errors.Join(err, s.control.Flush())
	_ = s.control.SetWriteDeadline(time.Time{}) // HTTP/2 would end an idle stream by it
	return err
}

func (s *httpStream) wait(until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-s.gone.Done():
		return false
	case <-s.woken:
	case <-timer.C:
	}
	return true
}

func (s *httpStream) wake() { request(s.woken) }

func (s *httpStream) end() {} // net/http does it
