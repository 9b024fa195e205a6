// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/pharos-status/pharos/convert"
)

// readSource reads a file that is to be converted, and returns how it is called in
// what is said of it.
func readSource(file string) (name string, data []byte, err error) {
	in := os.Stdin
	if name = "standard input"; file != "" { // kingpin makes an empty argument of -
		name = file
		if in, err = openRegular(file); err != nil {
			return "", nil, err
		}
		defer in.Close() //nolint:errcheck // only read
	}
	data, err = io.ReadAll(io.LimitReader(in, convert.MaxSource+1))
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > convert.MaxSource {
		return "", nil, fmt.Errorf("%s has more than %d MiB, so it is hardly a configuration; name another file", name, convert.MaxSource>>20)
	}
	return name, data, nil
}

// openRegular opens a file, and never waits for one as that of a pipe would have it.
func openRegular(file string) (*os.File, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what is to be converted: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder; name the file in it", file)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file; name one, or - for standard input", file)
	}
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read what is to be converted: %w", err)
	}
	return in, nil
}
