// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pharos-status/pharos/convert"
)

// readSource reads a file that is to be converted, and returns how it is called in
// what is said of it.
func readSource(ctx context.Context, file string) (name string, data []byte, err error) {
	name = file
	if file == stdinName {
		name = "standard input"
	} else if err := checkSource(file); err != nil {
		return "", nil, err
	}
	data, err = readInput(ctx, func() (io.ReadCloser, error) {
		if file == stdinName {
			return io.NopCloser(os.Stdin), nil
		}
		return os.Open(file)
	}, convert.MaxSource)
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("read %s: %w", name, err)
	case len(data) > convert.MaxSource:
		return "", nil, fmt.Errorf("%s has more than %d MiB, so it is hardly a configuration; name another file", name, convert.MaxSource>>20)
	}
	return name, data, nil
}

// checkSource refuses what is neither a file nor a pipe, which may be that of a
// program that decrypts the configuration.
func checkSource(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return fmt.Errorf("read what is to be converted: %w", err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder; name the file in it", file)
	case !info.Mode().IsRegular() && info.Mode().Type() != os.ModeNamedPipe:
		return fmt.Errorf("%s is neither a file nor a pipe; name one, or - for standard input", file)
	}
	return nil
}
