//! Each model is a test. They live in the library, so that the runtime's files are
//! compiled without their own unit tests, which need the real atomics.

macro_rules! models {
    ($($module:ident: $($model:ident),+ $(,)?;)+) => {
        $(mod $module {
            $(#[test]
            fn $model() {
                marmota_models::$module::$model();
            })+
        })+
    };
}

models! {
    bias_models: a_writer_is_alone_and_is_told, a_reader_that_comes_back_sees_what_was_written;
    channel_models: values_are_handed_over_once_each, the_order_of_a_sender_is_kept, room_is_for_who_waits,
        a_close_wakes_everybody, a_look_misses_no_value_that_was_there;
    claim_models: a_claimed_p_is_the_claimers_alone, a_p_given_back_has_one_owner;
    gc_models: a_handle_that_goes_beside_an_edge_takes_no_count_with_it,
        the_last_of_two_handles_leaves_no_count,
        an_edge_that_another_takes_is_counted_for_it;
    gc_world_models: a_loaded_edge_is_kept_when_it_is_cut,
        what_is_read_under_a_pin_is_kept_when_it_is_cut,
        edges_change_in_light_regions_and_nothing_is_lost,
        a_root_that_comes_in_a_light_region_is_found_by_the_next_cycle,
        a_handle_made_under_a_pin_is_kept,
        what_is_stored_where_nobody_looks_is_kept,
        what_a_weak_pointer_gives_is_kept, what_is_made_while_marking_is_kept,
        a_root_is_found_by_the_next_cycle,
        a_root_that_comes_beside_the_look_is_found_by_the_next_cycle,
        regions_and_stops_exclude_each_other,
        regions_and_stops_exclude_each_other_without_membarrier,
        light_regions_and_stops_exclude_each_other;
    mutex_models: normal_mode_excludes_and_loses_no_wakeup,
        starving_mode_excludes_and_loses_no_wakeup, the_lock_is_handed_over_while_others_come,
        a_lock_that_leans_excludes_and_loses_no_wakeup, a_lock_that_leans_is_handed_over,
        two_who_are_asked_serve_once;
    parking_models: a_woken_m_gets_its_p, an_alerted_m_gets_its_p, a_poked_m_looks_again,
        work_is_not_left_with_everybody_asleep,
        work_from_outside_is_not_left_with_everybody_asleep, nobody_sleeps_past_a_timer;
    runq_models: each_item_is_taken_exactly_once, next_goes_to_the_owner_or_to_the_thief;
    semaphore_models: tokens_are_never_overdrawn_and_no_wakeup_is_lost, a_wait_that_is_given_up_takes_no_token;
}
