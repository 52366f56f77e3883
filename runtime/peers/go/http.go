package main

import (
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
)

// hello: net/http says hello to 100 connections of wrk for two seconds; nanoseconds
// per request.
func hello() float64 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail("no free port: " + err.Error())
	}
	handler := func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "Hello, World!\n")
	}
	go http.Serve(listener, http.HandlerFunc(handler))
	url := "http://" + listener.Addr().String() + "/"
	report, err := exec.Command("wrk", "-t1", "-c100", "-d2s", url).Output()
	if err != nil {
		fail("cannot run wrk (" + err.Error() + "): the http row needs it (apt install wrk)")
	}
	if strings.Contains(string(report), "Socket errors") || strings.Contains(string(report), "Non-2xx") {
		fail("requests that failed in wrk's report: " + string(report))
	}
	for line := range strings.Lines(string(report)) {
		if rate, found := strings.CutPrefix(strings.TrimSpace(line), "Requests/sec:"); found {
			if perSecond, err := strconv.ParseFloat(strings.TrimSpace(rate), 64); err == nil && perSecond > 0 {
				return 1e9 / perSecond
			}
		}
	}
	fail("no rate in wrk's report: " + string(report))
	return 0
}
