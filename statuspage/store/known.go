// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/pharos-status/pharos/internal/atomicfile"
	"github.com/pharos-status/pharos/statuspage"
)

// known is what was read from the database last. Where that can be away there is a
// copy of it in the folder.
type known struct {
	mu      sync.Mutex
	copied  copied
	current bool // the contents were read by this process
	saved   bool // the layout is in the database
}

// copied is the copy, as it is in the file.
type copied struct {
	Database string // its name: the copy of another one is of no use
	Contents Contents
	Layout   statuspage.Layout
}

func copyPath(folder string) string { return filepath.Join(folder, "statuspage-copy.json") }

// load reads the copy. Where that can't be read nothing is known, as at first.
func (k *known) load(folder, database string, log *slog.Logger) {
	var c copied
	data, err := os.ReadFile(copyPath(folder))
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("Could not read the copy of what the page shows", "err", err)
	}
	if err != nil || c.Database != database {
		c = copied{Database: database}
	}
	k.copied = c
}

// contents returns those that are known, and whether this process has read them.
func (k *known) contents() (Contents, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.copied.Contents, k.current
}

func (k *known) setContents(c Contents) { k.copied.Contents, k.current = c, true }

// remember changes what is known, and its copy. What is known is never changed in
// place: others may be reading it.
func (s *Store) remember(change func(k *known)) {
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	change(&s.known)
	if !s.db.shared {
		return
	}
	err := atomicfile.Write(copyPath(s.path), 0o600, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(s.known.copied)
	})
	if err != nil {
		s.log.Warn("Could not write the copy of what the page shows", "err", err)
	}
}
