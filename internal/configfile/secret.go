// SPDX-License-Identifier: Apache-2.0

package configfile

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// hidden is what stands for a secret wherever it could be seen.
const hidden = "<secret>"

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 64 << 10

// A Secret is a string that no formatting, logging or marshalling shows. Convert
// it to a string to use it.
type Secret string

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.shown()) }

// String returns a placeholder.
func (s Secret) String() string { return s.shown() }

// MarshalText implements [encoding.TextMarshaler], which slog, JSON and YAML use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

// MarshalYAML returns a placeholder.
func (s Secret) MarshalYAML() (any, error) { return s.shown(), nil }

func (s Secret) shown() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Equal tells whether presented is the secret, in a time that depends on neither.
// The empty secret equals nothing.
func (s Secret) Equal(presented string) bool {
	want, got := sha256.Sum256([]byte(s)), sha256.Sum256([]byte(presented))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && s != ""
}

// Secret returns the secret that the keys key and key_file of the mapping at p
// give: value itself, or what the file holds without the white space around it.
// Giving both, or a file that is empty or can't be read, is an error.
func (f *File) Secret(p Path, key string, value Secret, file string) (Secret, *Error) {
	fileKey := key + "_file"
	switch {
	case value != "" && file != "":
		return "", f.Errorf(p.At(fileKey), "both %s and %s are set; keep one", key, fileKey)
	case value != "" && strings.TrimSpace(string(value)) == "":
		return "", f.Errorf(p.At(key), "the secret is blank; write one that nobody guesses")
	case file == "":
		return value, nil
	}
	in, err := os.Open(f.Path(file))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", f.Errorf(p.At(fileKey), "%v; write the secret into it", err)
	case err != nil:
		return "", f.Errorf(p.At(fileKey), "%v; make the file readable to this program", err)
	}
	defer in.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return "", f.Errorf(p.At(fileKey), "%v; make the file readable to this program", err)
	}
	secret := Secret(strings.TrimSpace(string(data)))
	if secret == "" {
		return "", f.Errorf(p.At(fileKey), "%s is empty; write the secret into it", f.Path(file))
	}
	return secret, nil
}
