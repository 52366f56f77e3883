package main

import (
	"runtime"
	"sync"
	"time"
)

// start: n goroutines that end at once, awaited by one WaitGroup.
func start(n int) time.Duration {
	var wg sync.WaitGroup
	begin := time.Now()
	wg.Add(n)
	for range n {
		go wg.Done()
	}
	wg.Wait()
	return time.Since(begin)
}

// gosched: four goroutines, each yielding n/4 times.
func gosched(n int) time.Duration {
	var wg sync.WaitGroup
	begin := time.Now()
	for range 4 {
		wg.Go(func() {
			for range n / 4 {
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

// sleep: 10,000 goroutines that sleep 1 ms each, started together; n/10,000 rounds.
func sleep(n int) time.Duration {
	const together = 10_000
	var wg sync.WaitGroup
	begin := time.Now()
	for range n / together {
		for range together {
			wg.Go(func() { time.Sleep(time.Millisecond) })
		}
		wg.Wait()
	}
	return time.Since(begin)
}

// skynet: a tree of goroutines, ten children per node and n leaves. A leaf
// sends its number to its parent, a node the sum of what its children sent.
func skynet(n int) time.Duration {
	begin := time.Now()
	result := make(chan int)
	go skynetNode(result, 0, n)
	if got, want := <-result, n*(n-1)/2; got != want {
		panic("skynet: the leaves add up to another number")
	}
	return time.Since(begin)
}

func skynetNode(parent chan<- int, first, leaves int) {
	if leaves == 1 {
		parent <- first
		return
	}
	children := make(chan int)
	for i := range 10 {
		go skynetNode(children, first+i*leaves/10, leaves/10)
	}
	sum := 0
	for range 10 {
		sum += <-children
	}
	parent <- sum
}
