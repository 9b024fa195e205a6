// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"io"
	"sync"
	"testing"
)

// Output returns a writer to the test's output that swallows what is written once
// the test has ended, as a goroutine of a library may: [testing.T.Output] panics then.
func Output(t testing.TB) io.Writer {
	o := &output{to: t.Output()}
	t.Cleanup(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.to = io.Discard
	})
	return o
}

type output struct {
	mu sync.Mutex
	to io.Writer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(p)
}
