// Lesson 01 in Go: the work of benches/lesson.rs as a Go programmer would write it.
// `cargo xtask bench 1` runs it where there is a Go. A benchmark is called like its
// exercise.
package lesson

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// What a result is written to, so that no compiler does without the work.
var (
	number  int
	squares []uint64
	states  []status
)

func BenchmarkBackground(b *testing.B) {
	for b.Loop() {
		done := make(chan struct{}, 1)
		go func() { done <- struct{}{} }()
		<-done
	}
}

func runBoth(a, b func() int) (int, int) {
	first := make(chan int, 1)
	go func() { first <- a() }()
	second := b()
	return <-first, second
}

func BenchmarkBoth(b *testing.B) {
	for b.Loop() {
		x, y := runBoth(func() int { return 1 }, func() int { return 2 })
		number = x + y
	}
}

func mapAll(items []uint64, f func(uint64) uint64) []uint64 {
	results := make([]uint64, len(items))
	var group sync.WaitGroup
	for i, item := range items {
		group.Go(func() { results[i] = f(item) })
	}
	group.Wait()
	return results
}

func BenchmarkMap(b *testing.B) {
	for b.Loop() {
		items := make([]uint64, 100)
		for i := range items {
			items[i] = uint64(i)
		}
		squares = mapAll(items, func(n uint64) uint64 { return n * n })
	}
}

type status struct {
	service  string
	up       bool
	crash    string
	attempts int
}

func watch(service string, probe func(string) bool) (s status) {
	s.service = service
	defer func() {
		if crash := recover(); crash != nil {
			s.crash = fmt.Sprint(crash)
		}
	}()
	for {
		s.attempts++
		if s.up = probe(service); s.up || s.attempts == 3 {
			return s
		}
		time.Sleep(time.Second)
	}
}

func checkAll(services []string, probe func(string) bool) []status {
	found := make([]status, len(services))
	var group sync.WaitGroup
	for i, service := range services {
		group.Go(func() { found[i] = watch(service, probe) })
	}
	group.Wait()
	return found
}

func BenchmarkHealth(b *testing.B) {
	for b.Loop() {
		states = checkAll([]string{"a", "b", "c", "d"}, func(s string) bool { return s != "x" })
	}
}
