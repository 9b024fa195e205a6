// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
)

// A Reporter reports until it is stopped. Its methods may be called by several
// goroutines at once.
type Reporter struct {
}

// Start begins to report, and returns at once; the first report goes out as soon as
// the checks have answered. An error says what is wrong with the options, and nothing
// has begun then. No other fault of the reporter or of a server reaches the
// application.
//
// When ctx ends the reporter is stopped as by [Reporter.Stop], with 5 seconds for it.
// An application that ends right then calls Stop all the same, which waits.
func Start(ctx context.Context, o Options) (*Reporter, error) {
	return &Reporter{}, ctx.Err()
}

// Stop ends reporting, and has the servers forget the replica unless
// Options.KeepLast. It waits until all goroutines have ended, at most until ctx does,
// and for checks that don't heed their context at most 5 seconds. A request that is
// being sent is let to its end before, or the server might hear of the replica once
// more after it has forgotten it.
//
// The error says what could not be done in time, or which server has not forgotten
// the replica: it will take it for dead. Calling Stop again is harmless, and
// returns the same error.
func (r *Reporter) Stop(ctx context.Context) error {
	return nil
}

// ReportNow asks for a report soon: something has changed. It does not wait for
// it, and costs next to nothing: asking many times within a second makes one report.
func (r *Reporter) ReportNow() {
}
