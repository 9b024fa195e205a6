// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/pharos-status/pharos/internal/atomicfile"
)

// maxFile bounds the file of a memory, in bytes.
const maxFile = 256 << 20

// A memory holds the last good answers of sources: a program that starts while
// an endpoint is away goes on watching what this one told of last, and what is known
// of that is not forgotten. Sources go by a hash, since URLs may hold secrets;
// those of targets may too, so nobody else may read the file.
type memory struct {
	Sources map[string][]Target `json:"sources"`
}

// load reads the file, if there is one.
func (m *memory) load(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Size() > maxFile:
		return fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, m); err != nil {
		*m = memory{}
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// take returns the targets that the source at url told of, and forgets them.
func (m *memory) take(url string) []Target {
	targets := m.Sources[key(url)]
	delete(m.Sources, key(url))
	return targets
}

func key(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:])
}

// remember writes what all sources have told of to the file.
func (h *HTTP) remember() {
	if h.o.File == "" {
		return
	}
	m := memory{Sources: map[string][]Target{}}
	for _, s := range h.all() {
		m.Sources[key(s.URL)] = s.look().targets
	}
	err := atomicfile.Write(h.o.File, 0o600, func(w io.Writer) error { return json.NewEncoder(w).Encode(m) })
	if err != nil {
		h.o.Logger.Warn("Targets not kept for the next start", "err", err)
	}
}
