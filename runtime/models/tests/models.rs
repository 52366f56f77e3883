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
    runq_models: each_item_is_taken_exactly_once, next_goes_to_the_owner_or_to_the_thief;
}
