// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/pharos-status/pharos/internal/testkit"
)

// On a disk that is really full, what is refused is nowhere, and what was accepted is
// there; once there is room again, everything goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=2m"); err != nil {
		testkit.Skip(t, "a disk can be mounted by root only: "+err.Error())
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, 0)) })
	ballast := filepath.Join(folder, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
	s := open(t, Options{Path: folder})
	require.NoError(t, s.Probe())
	accepted := 0
	for {
		_, err := s.Accept(t.Context(), say(strconv.Itoa(accepted)+strings.Repeat("x", 20_000)))
		if err != nil {
			require.ErrorIs(t, err, syscall.ENOSPC)
			break
		}
		accepted++
		require.Less(t, accepted, 100)
	}
	require.Equal(t, accepted, s.Figures()["sms"].Waiting)
	for range 10 {
		require.ErrorIs(t, s.Probe(), syscall.ENOSPC, "it needs the room that an acceptance does")
		require.ErrorIs(t, s.Err(), syscall.ENOSPC)
	}
	require.Equal(t, accepted, crash(t, s).Figures()["sms"].Waiting)

	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Probe())
	accept(t, s, say(strconv.Itoa(accepted)))
	for i := range accepted + 1 {
		e := take(t, s, alice())
		require.True(t, bytes.HasPrefix(e.Payload, []byte(strconv.Itoa(i))))
		require.NoError(t, s.Delivered(e.ID))
	}
	require.NoError(t, s.Close())
	s = open(t, Options{Path: folder})
	require.Empty(t, s.Lanes())
	require.NoError(t, errors.Join(s.Err(), s.Close()))
}

// What needs no write says nothing of the disk.
func TestDuplicateOnADiskThatFails(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	accept(t, s, say("1"))
	s.breakDisk(errBroken, false)
	require.ErrorIs(t, s.Probe(), errBroken)
	require.Equal(t, Accepted{Duplicate: true}, accept(t, s, say("1")))
	require.ErrorIs(t, s.Err(), errBroken)
}

// A probe writes more than what could not be written before.
func TestProbe(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	filler := func() (size int) {
		require.NoError(t, s.db.View(func(tx *bolt.Tx) error {
			size = len(tx.Bucket([]byte(inReserve)).Get([]byte("filler")))
			return nil
		}))
		return size
	}
	require.NoError(t, s.Probe())
	require.Equal(t, leastProbe, filler())
	large := say("1")
	large.Payload = make([]byte, 1<<20)
	s.breakDisk(errBroken, false)
	_, err := s.Accept(t.Context(), large)
	require.ErrorIs(t, err, errBroken)
	s.breakDisk(nil, false)
	accept(t, s, say("2"))
	require.NoError(t, s.Probe())
	require.Equal(t, leastProbe+2<<20, filler())
	require.NoError(t, s.Probe())
	require.Equal(t, leastProbe, filler())
}
