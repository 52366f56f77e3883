package main

import (
	"sync"
	"time"
)

// mutex: eight goroutines, each adding one to the same counter n/8 times.
func mutex(n int) time.Duration {
	var mu sync.Mutex
	var wg sync.WaitGroup
	counter := 0
	begin := time.Now()
	for range 8 {
		wg.Go(func() {
			for range n / 8 {
				mu.Lock()
				counter++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	if counter != n {
		panic("mutex: an update was lost")
	}
	return took
}

// rwmutex: eight goroutines, each reading the same number under the read lock n/8 times.
func rwmutex(n int) time.Duration {
	var mu sync.RWMutex
	var wg sync.WaitGroup
	value := 1
	sums := make(chan int, 8)
	begin := time.Now()
	for range 8 {
		wg.Go(func() {
			sum := 0
			for range n / 8 {
				mu.RLock()
				sum += value
				mu.RUnlock()
			}
			sums <- sum
		})
	}
	wg.Wait()
	took := time.Since(begin)
	total := 0
	for range 8 {
		total += <-sums
	}
	if total != n {
		panic("rwmutex: a reader missed a turn")
	}
	return took
}
