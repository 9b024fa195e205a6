// SPDX-License-Identifier: Apache-2.0

package collector

import "net/http"

func (e *Exporter) newReporter() http.Handler { return http.NotFoundHandler() }
