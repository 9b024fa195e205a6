// SPDX-License-Identifier: Apache-2.0

// Package e2e tests whole programs as their users run them: built, started as
// processes, killed, taken apart around a real Prometheus and Alertmanager. It
// has tests and benchmarks only.
package e2e
