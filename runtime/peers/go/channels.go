package main

import (
	"sync"
	"time"
)

// pingpong: one value goes to the other goroutine and comes back; n round trips.
func pingpong(n int) time.Duration {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	begin := time.Now()
	for i := range n {
		ping <- i
		<-pong
	}
	took := time.Since(begin)
	close(ping)
	<-pong
	return took
}

// oneToOne: one goroutine sends n values and closes, the other ranges over the channel.
func oneToOne(capacity, n int) time.Duration {
	c := make(chan int, capacity)
	begin := time.Now()
	go func() {
		for i := range n {
			c <- i
		}
		close(c)
	}()
	sum := 0
	for v := range c {
		sum += v
	}
	took := time.Since(begin)
	checkSum(sum, n)
	return took
}

// manyToMany: four senders of n/4 values each, four receivers that range, buffer 128.
func manyToMany(n int) time.Duration {
	c := make(chan int, 128)
	sums := make(chan int, 4)
	var senders sync.WaitGroup
	begin := time.Now()
	for s := range 4 {
		senders.Go(func() {
			for i := range n / 4 {
				c <- s*(n/4) + i
			}
		})
	}
	for range 4 {
		go func() {
			sum := 0
			for v := range c {
				sum += v
			}
			sums <- sum
		}()
	}
	senders.Wait()
	close(c)
	sum := 0
	for range 4 {
		sum += <-sums
	}
	took := time.Since(begin)
	checkSum(sum, n)
	return took
}

// selectThree: two goroutines send n/2 values each on a channel of their own;
// the receiver selects over both and a third on which nothing ever comes.
func selectThree(n int) time.Duration {
	a, b, quit := make(chan int), make(chan int), make(chan int)
	send := func(c chan<- int, first int) {
		for i := range n / 2 {
			c <- first + i
		}
	}
	begin := time.Now()
	go send(a, 0)
	go send(b, n/2)
	sum := 0
	for range n {
		select {
		case v := <-a:
			sum += v
		case v := <-b:
			sum += v
		case <-quit:
			panic("select: nobody sends on quit")
		}
	}
	took := time.Since(begin)
	checkSum(sum, n)
	return took
}

// selectDefault: n looks at a channel on which nothing waits.
func selectDefault(n int) time.Duration {
	c := make(chan int)
	missed := 0
	begin := time.Now()
	for range n {
		select {
		case <-c:
		default:
			missed++
		}
	}
	took := time.Since(begin)
	if missed != n {
		panic("select-default: a value came out of nowhere")
	}
	return took
}

// ring: 1,000 goroutines, each handing what it receives to the next; one token, n hops.
func ring(n int) time.Duration {
	const size = 1_000
	first := make(chan int)
	in := first
	for range size - 1 {
		out := make(chan int)
		go func(in <-chan int) {
			for v := range in {
				out <- v + 1
			}
			close(out)
		}(in)
		in = out
	}
	// This goroutine is the ring's last member: it closes the circle.
	begin := time.Now()
	token := 0
	for range n / size {
		first <- token
		token = 1 + <-in
	}
	took := time.Since(begin)
	if token != n {
		panic("ring: the token missed a hop")
	}
	close(first)
	<-in
	return took
}

// checkSum: every number below n was received exactly once.
func checkSum(sum, n int) {
	if sum != n*(n-1)/2 {
		panic("the values received add up to another number")
	}
}
