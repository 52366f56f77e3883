package main

import (
	"fmt"
	"runtime"
	"sync"
)

var _ = program("close_of_closed", func() {
	c := make(chan int)
	close(c)
	close(c)
})

var _ = program("close_of_nil", func() {
	var c chan int
	close(c)
})

var _ = program("send_on_closed", func() {
	c := make(chan int, 1)
	close(c)
	c <- 1
})

var _ = program("select_sends_on_closed", func() {
	c := make(chan int)
	close(c)
	select {
	case c <- 1:
	default:
	}
})

var _ = program("close_under_a_sender", func() {
	c := make(chan int)
	got := make(chan any)
	go func() { got <- caught(func() { c <- 1 }) }()
	runtime.Gosched()
	close(c)
	fmt.Println(<-got)
})

var _ = program("a_channel_too_large", func() {
	n := 1 << 62
	_ = make(chan int, n)
})

var _ = program("a_negative_counter", func() {
	var group sync.WaitGroup
	group.Add(1)
	group.Add(-2)
})

var _ = program("one_done_too_many", func() {
	var group sync.WaitGroup
	group.Done()
})

var _ = program("misuses_are_caught", func() {
	c := make(chan int)
	close(c)
	fmt.Println(caught(func() { close(c) }))
	fmt.Println(caught(func() { c <- 1 }))
	fmt.Println(caught(func() { close((chan int)(nil)) }))
	fmt.Println(caught(func() { new(sync.WaitGroup).Add(-1) }))
	v, ok := <-c
	fmt.Println(v, ok)
})

var _ = program("unlock_of_unlocked", func() {
	var lock sync.Mutex
	fmt.Println("before")
	lock.Unlock()
})

// Not even a recover helps.
var _ = program("unlock_of_unlocked_is_not_caught", func() {
	var lock sync.Mutex
	fmt.Println(caught(func() { lock.Unlock() }))
})
