// Three workers over one channel, and main waits for them.
package main

import (
	"fmt"
	"sync"
)

func main() {
	jobs := make(chan int)
	var wg sync.WaitGroup
	for id := 1; id <= 3; id++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for job := range jobs {
				fmt.Println("worker", id, "does job", job)
			}
		}()
	}
	for job := 1; job <= 6; job++ {
		jobs <- job
	}
	close(jobs)
	wg.Wait()
}
