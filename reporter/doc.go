// SPDX-License-Identifier: Apache-2.0

// Package reporter lets an application report its health and its load to Pharos, or
// to a Vigil: what such a server knows of it, and how it shows and alerts, is left
// to the server.
//
// [Start] is all that most applications need:
//
//	r, err := reporter.Start(ctx, reporter.Options{
//		URL: "https://status.example.com", Token: token,
//		Service: "web", Node: "sockets",
//	})
//	if err != nil {
//		return err
//	}
//	defer r.Stop(context.Background())
//
// From then on a report goes out at once and every 30 seconds, in the background: the
// load of the container or the host, and what the [Check] functions of the
// application say. Nothing of it blocks the application, ends it or panics in it. What
// goes wrong is logged once, to slog.Default() or Options.Logger, and told by
// [Reporter.State].
//
// # Modes
//
// A node of mode push takes loads, and the server judges these; a Pharos takes the
// health of the checks as well, and the worse of the two counts, while a Vigil leaves
// it alone. A node of mode local takes a health alone.
//
// # Metrics
//
// A [Reporter] is an [expvar.Var]: expvar.Publish("pharos", r) shows its state. For
// Prometheus, and to make loads and checks of metrics that the application has
// already, there is the package prombridge.
//
// # Single reports
//
// [Client] sends one report, with no retries: for tools and for jobs that end.
package reporter
