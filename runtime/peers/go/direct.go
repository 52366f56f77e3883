package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// memory: resident bytes per goroutine, with 1,000,000 of them parked on one channel.
func memory() float64 {
	const parked = 1_000_000
	gate := make(chan struct{})
	var running, done sync.WaitGroup
	before := residentBytes()
	running.Add(parked)
	for range parked {
		done.Go(func() {
			running.Done()
			<-gate
		})
	}
	running.Wait()
	after := residentBytes()
	close(gate)
	done.Wait()
	return (after - before) / parked
}

// residentBytes is what the system says this process keeps in memory.
func residentBytes() float64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		fail("the memory row needs /proc/self/statm: " + err.Error())
	}
	var size, resident float64
	if _, err := fmt.Fscan(bytes.NewReader(statm), &size, &resident); err != nil {
		fail("cannot read /proc/self/statm: " + err.Error())
	}
	return resident * float64(os.Getpagesize())
}

// preemption: two goroutines that never block share one P for a second. Each
// looks at the clock, over and over, and notes when it was away; a switch lasts
// from the last look of the one to the first of the other.
func preemption() float64 {
	const lasts, away = time.Second, 50 * time.Microsecond
	begin := time.Now()
	spin := func() []absence {
		absences := make([]absence, 0, lasts/away)
		for last := time.Since(begin); last < lasts; {
			now := time.Since(begin)
			if now-last > away {
				absences = append(absences, absence{last, now})
			}
			last = now
		}
		return absences
	}
	results := make(chan []absence, 2)
	go func() { results <- spin() }()
	go func() { results <- spin() }()
	return switches(<-results, <-results)
}

// absence is when a spinner did not run: its last look at the clock before,
// and its first one after, from the common beginning.
type absence struct{ left, back time.Duration }

// switches gives the median of the switches between the two, in nanoseconds.
// In a switch from a to b, b was away before a left and came back while a was
// away; a moment in which the system ran another process is none.
func switches(a, b []absence) float64 {
	var took []time.Duration
	collect := func(from, to []absence) {
		for _, t := range to {
			for _, f := range from {
				if t.left < f.left && f.left < t.back && t.back < f.back {
					took = append(took, t.back-f.left)
					break
				}
			}
		}
	}
	collect(a, b)
	collect(b, a)
	if len(took) < 10 {
		fail(fmt.Sprintf("preemption: only %d switches in a second", len(took)))
	}
	slices.Sort(took)
	return float64(took[len(took)/2])
}
