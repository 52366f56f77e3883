// A function that can only send, and one that can only receive.
package main

import "fmt"

func sum(numbers []int, out chan<- int) {
	total := 0
	for _, n := range numbers {
		total += n
	}
	out <- total
}

func printer(values <-chan int) {
	fmt.Println("the sum is", <-values)
}

func main() {
	values := make(chan int)
	go sum([]int{1, 2, 3, 4, 5}, values)
	printer(values)
}
