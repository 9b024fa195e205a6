// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// An authority signs certificates for whatever name is asked for.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// sign returns a certificate for the name that the client asks for.
func (a *authority) sign(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{hello.ServerName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, nil
}

// A received is a request that came to a service of the internet.
type received struct {
	*http.Request
	body []byte
}

// An internet answers for every host over TLS. Who is to use it takes its proxy and
// trusts its authority: so the addresses of services can stay as they are.
type internet struct {
	*authority
	proxy    string
	requests chan received
}

// newInternet lets answer say what each service answers.
func newInternet(t testing.TB, answer func(w http.ResponseWriter, r received)) *internet {
	t.Helper()
	n := &internet{authority: newAuthority(t), requests: make(chan received, 100)}
	services := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			t.Error(err)
		}
		got := received{r, body}
		answer(w, got)
		n.requests <- got
	}))
	services.TLS = &tls.Config{GetCertificate: n.sign}
	services.StartTLS()
	t.Cleanup(services.Close)
	proxy := httptest.NewServer(tunnel(services.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	n.proxy = proxy.URL
	return n
}

// tunnel is a proxy that leads to one address, whichever is asked for.
func tunnel(address string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
			return
		}
		var dialer net.Dialer
		server, err := dialer.DialContext(r.Context(), "tcp", address)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer server.Close()
		client, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(server, buffered) // ends with either of the two
			_ = server.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(client, server)
	}
}

// next returns the next request to this host and path.
func (n *internet) next(t *testing.T, where string) received {
	t.Helper()
	select {
	case r := <-n.requests:
		if r.Host+r.URL.Path != where {
			t.Fatalf("a request came to %s%s, not to %s", r.Host, r.URL.Path, where)
		}
		return r
	case <-time.After(patience):
		t.Fatal("no request came to " + where)
	}
	panic("not reached")
}
