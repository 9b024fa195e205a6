// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever waits for the other end of a pipe can be interrupted.
func TestReadingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("interrupted")) })
	_, _, err := readSource(ctx, pipe)
	require.EqualError(t, err, "read "+pipe+": wait for input: interrupted")

	other, err := os.OpenFile(pipe, os.O_RDWR, 0) // what is left behind ends as well
	require.NoError(t, err)
	require.NoError(t, other.Close())
}
