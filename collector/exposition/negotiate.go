// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip tells whether the client wants gzip more than it wants what is not
// compressed. Like client_golang, it takes what is not mentioned as not wanted, and
// prefers identity if both are wanted as much.
func acceptsGzip(h http.Header) bool {
	identity, gzip := 0.0, 0.0
	for _, field := range h.Values("Accept-Encoding") {
		for offer := range strings.SplitSeq(field, ",") {
			name, parameters, _ := strings.Cut(offer, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip":
				gzip = max(gzip, quality(parameters))
			case "identity":
				identity = max(identity, quality(parameters))
			case "*":
				identity = max(identity, quality(parameters))
			}
		}
	}
	return gzip > identity
}

// quality returns the weight among the parameters of an offer, 1 if there is none.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return 0
			}
			return q
		}
	}
	return 1
}
