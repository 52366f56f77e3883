package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
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
// writes the time into one shared place, over and over; who finds that the
// last to write was the other one has just been resumed, and the difference is
// what the preemption and the resumption took. The result is the median: a
// switch during which the system ran another process says nothing about us.
func preemption() float64 {
	const lasts = time.Second
	begin := time.Now()
	var owner atomic.Int32
	var stamp atomic.Int64
	spin := func(me int32) []float64 {
		gaps := make([]float64, 0, 4096)
		for {
			now := int64(time.Since(begin))
			if last := owner.Load(); last != me {
				owner.Store(me)
				if last != 0 && len(gaps) < cap(gaps) {
					gaps = append(gaps, float64(now-stamp.Load()))
				}
			}
			stamp.Store(now)
			if now >= int64(lasts) {
				return gaps
			}
		}
	}
	results := make(chan []float64, 2)
	go func() { results <- spin(1) }()
	go func() { results <- spin(2) }()
	gaps := append(<-results, <-results...)
	if len(gaps) < 10 {
		fail(fmt.Sprintf("preemption: only %d switches in a second", len(gaps)))
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}
