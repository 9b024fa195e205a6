// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
)

// stdinName is what is given instead of the name of a file for standard input.
const stdinName = "-"

// readInput reads what open opens, and one byte more than most at the most: who gets
// that has to refuse it. It ends with ctx, even while it waits for a terminal or for
// the other end of a pipe. Nothing else could end that, so it goes on until the
// program has ended.
func readInput(ctx context.Context, open func() (io.ReadCloser, error), most int64) ([]byte, error) {
	type input struct {
		data []byte
		err  error
	}
	done := make(chan input, 1)
	go func() {
		in, err := open()
		if err != nil {
			done <- input{nil, err}
			return
		}
		defer in.Close()
		data, err := io.ReadAll(io.LimitReader(in, most+1))
		done <- input{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for input: %w", context.Cause(ctx))
	case got := <-done:
		return got.data, got.err
	}
}
